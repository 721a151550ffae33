"""What one side of the evidence says: causes that hold, that are open, and that are refuted."""

from dataclasses import dataclass, field, replace

from diagnosis.finding import Candidate, Decides


@dataclass(frozen=True, slots=True)
class Part:
    """Candidates of one side, the input, the traffic or the outcomes.

    holds: named; open: one of these, and it cannot be told which; refuted: tried and given up.
    """

    holds: tuple[Candidate, ...] = ()
    open: tuple[Candidate, ...] = ()
    refuted: tuple[Candidate, ...] = ()
    decides: Decides | None = None
    facts: dict[str, object] = field(default_factory=dict)

    def __add__(self, other: "Part") -> "Part":
        return Part(
            (*self.holds, *other.holds),
            (*self.open, *other.open),
            (*self.refuted, *other.refuted),
            self.decides or other.decides,
            {**self.facts, **other.facts},
        )


def settled(part: Part) -> Part:
    """What is open, less what was named or refuted since; the last that is left of it holds.

    A label shift that the outcomes confirm leaves no room for other people at the same risk.
    """
    named = {each.cause for each in part.holds}
    gone = named | {each.cause for each in part.refuted}
    if "label_shift" in named:
        gone |= {"covariate_harmful", "covariate_harmless"}
    left = tuple(each for each in part.open if each.cause not in gone)
    if len(left) == 1 and len(left) < len(part.open) and not part.holds:
        return replace(part, holds=left, open=())
    return replace(part, open=left)


def refuted(candidate: Candidate, reason: str) -> Candidate:
    """The candidate, with what speaks against it."""
    return replace(candidate, refuted_by=reason)
