"""What was said of a stream, judged by its truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.diagnosis.truth import ONLY_OUTCOMES_TELL, Truth
from diagnosis.finding import Cause, Diagnosed, Diagnosis, Extended, Happening, Moved, Opened
from diagnosis.hours import Hours

Naming = Literal["right", "half", "wrong", "open", "lost", "silent", "crashed"]
"""right: a cause that is true; half: one of a compound, and the other not even a candidate; wrong;
open: undetermined, the truth among the candidates; lost: undetermined, the truth not among them;
silent: nothing was found; crashed: an exception, and then nothing else is known."""

RULES = """
- *right* goes by the cause that was said last; of a compound, by whether the other one is at least
  a candidate.
- *wrong beside*: a further cause, said last beside a cause, is not true; whatever else is right.
- *ever wrong*: a cause, or one beside it, was not true at any time, even if it was taken back.
- A cause that the truth accepts, as where a change lies between two, is no mistake in any of these.
"""

_DUE = 720


@dataclass(frozen=True)
class Verdict:
    """How right it was. None: not to be judged.

    false_pages: incidents where nothing was. named: of what was said last. wrongly:
    whatever wrong was said at any time. premature: what only outcomes tell was named before an
    outcome of the changed rows was due. place: the right column or caller. beside: whether an
    untrue cause was said last beside one; None in verdicts of before this was judged.
    """

    scenario: str
    severity: float
    seed: int
    false_pages: int
    found: bool
    named: Naming
    said: tuple[str, ...]
    wrongly: tuple[str, ...]
    premature: bool
    place: bool | None
    actionable: bool | None
    incidents: int
    beside: bool | None = None
    delay_hours: float | None = None
    delay_rows: int | None = None
    seconds: float = 0.0
    slowest: float = 0.0
    peak_mb: float = 0.0


@dataclass(frozen=True)
class _Incident:
    opened: Opened
    moved: tuple[Moved, ...]
    diagnoses: tuple[Diagnosis, ...]


def judge(truth: Truth, seed: int, hours: Hours, happenings: Sequence[Happening]) -> Verdict:
    """The verdict on what happened over these hours."""
    incidents = _incidents(happenings)
    onset = float("inf") if truth.onset is None else hours.first + truth.onset
    true = [one for one in incidents if one.opened.at > onset]
    last = [one.diagnoses[-1] for one in true if one.diagnoses]
    every = [diagnosis for one in true for diagnosis in one.diagnoses]
    first = true[0].opened.at if true else None
    return Verdict(
        scenario=truth.scenario,
        severity=truth.severity,
        seed=seed,
        false_pages=len(incidents) - len(true),
        found=bool(true),
        named=_named(truth, true, last),
        said=tuple(_said(diagnosis) for diagnosis in last),
        wrongly=tuple(
            sorted({_said(one) for one in every if _is_wrong(truth, one) or _beside(truth, one)})
        ),
        premature=any(
            _names(diagnosis) <= ONLY_OUTCOMES_TELL - {"outcome_collection"}
            and diagnosis.at < onset + _DUE
            for diagnosis in every
        ),
        place=_place(truth, true) if true else None,
        actionable=_acts(truth, last),
        incidents=len(true),
        beside=any(_beside(truth, diagnosis) for diagnosis in last),
        delay_hours=None if first is None else first - onset,
        delay_rows=None
        if first is None
        else int(hours.rows[int(onset) - hours.first : first - hours.first].sum()),
    )


def _incidents(happenings: Sequence[Happening]) -> list[_Incident]:
    opened = [one for one in happenings if isinstance(one, Opened)]
    found = []
    for one in opened:
        own = [happening for happening in happenings if happening.number == one.number]
        grown = [happening for happening in own if isinstance(happening, Extended)]
        said = tuple(h.diagnosis for h in own if isinstance(h, Diagnosed))
        found.append(_Incident(one, grown[-1].moved if grown else one.moved, said))
    return found


def _named(truth: Truth, true: Sequence[_Incident], last: Sequence[Diagnosis]) -> Naming:
    if not true:
        return "silent"
    if any(_is_wrong(truth, diagnosis) for diagnosis in last):
        return "wrong"
    firm = [diagnosis for diagnosis in last if not diagnosis.undetermined]
    named = {cause for d in firm for cause in _names(d)}
    named |= {c.cause for d in firm for c in d.secondary}
    mentioned = named | {c.cause for d in last for c in d.candidates if c.refuted_by is None}
    if not firm:
        return "open" if mentioned & truth.names else "lost"
    if len(truth.causes) > 1 and not named & truth.accepted:
        return "right" if set(truth.causes) <= mentioned else "half"
    return "right"


def _is_wrong(truth: Truth, diagnosis: Diagnosis) -> bool:
    return not diagnosis.undetermined and not _names(diagnosis) & truth.names


def _beside(truth: Truth, diagnosis: Diagnosis) -> bool:
    """Whether a cause that is not true is said to hold beside the first."""
    return not {candidate.cause for candidate in diagnosis.secondary} <= truth.names


def _names(diagnosis: Diagnosis) -> frozenset[Cause]:
    """The cause; of a rival, all of the family that its alarms are taken for."""
    if "family" in diagnosis.facts:
        return frozenset(candidate.cause for candidate in diagnosis.candidates)
    return frozenset({diagnosis.cause})


def _place(truth: Truth, true: Sequence[_Incident]) -> bool | None:
    """Whether what was said names the right column, or the right caller or segment."""
    if not truth.columns and truth.segment is None:
        return None
    for one in true:
        said = one.diagnoses[-1] if one.diagnoses else None
        holding = [c for c in said.candidates if c.refuted_by is None] if said else []
        columns = set(said.columns if said else ()) or {n for c in holding for n in c.columns}
        if not columns and (said is None or said.undetermined):
            strongest = sorted(one.moved, key=lambda m: -m.log_evidence)[:2]
            columns = {m.column for m in strongest if m.column is not None}
        segments = [said.segment] if said else []
        segments += [candidate.segment for candidate in holding]
        if truth.segment is not None and _caller_or_segment(truth, segments, one.moved):
            return True
        if len(columns & set(truth.columns)) * 2 >= max(1, len(columns)):
            return True
    return False


def _caller_or_segment(truth: Truth, said: Sequence[object], moved: Sequence[Moved]) -> bool:
    assert truth.segment is not None
    if any(segment == truth.segment for segment in said):
        return True
    caller = truth.segment.get("caller")
    return caller is not None and any(one.caller == caller for one in moved)


def _acts(truth: Truth, last: Sequence[Diagnosis]) -> bool | None:
    if truth.actionable is None:
        return None
    return any(diagnosis.actionable for diagnosis in last) == truth.actionable


def _said(diagnosis: Diagnosis) -> str:
    if "family" in diagnosis.facts:
        return f"any of ({', '.join(sorted(_names(diagnosis)))})"
    if not diagnosis.undetermined:
        more = [candidate.cause for candidate in diagnosis.secondary]
        return "+".join([diagnosis.cause, *more])
    holding = sorted({c.cause for c in diagnosis.candidates if c.refuted_by is None})
    return f"undetermined({', '.join(holding)})"
