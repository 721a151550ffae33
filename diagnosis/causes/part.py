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


def refuted(candidate: Candidate, reason: str) -> Candidate:
    """The candidate, with what speaks against it."""
    return replace(candidate, refuted_by=reason)
