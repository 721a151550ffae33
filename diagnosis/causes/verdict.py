"""One diagnosis of all that was found: the first cause, those beside it, and what is to be done."""

from collections.abc import Iterator
from dataclasses import replace

from diagnosis.case import Case
from diagnosis.causes.part import Part
from diagnosis.causes.waiting import wanted
from diagnosis.finding import Action, Candidate, Cause, Cost, Decides, Diagnosis, Moved

_ORDER: tuple[Cause, ...] = (
    *("model_swap", "code", "unit", "swapped_columns", "stuck", "imputed", "missing"),
    *("shuffled_column", "other_fault", "duplicates", "outcome_collection", "label_shift"),
    *("concept_segment", "concept_global", "calibration", "covariate_harmful", "outcome_delay"),
    *("traffic_mix", "covariate_harmless", "season", "volume", "none", "undetermined"),
)
_FAULTS = frozenset(_ORDER[: _ORDER.index("label_shift")])
_ACTIONS: dict[Cause, Action] = {
    **dict.fromkeys(_FAULTS, "fix_pipeline"),
    "label_shift": "recalibrate",
    "calibration": "recalibrate",
    "concept_segment": "consider_retraining",
    "concept_global": "consider_retraining",
    "covariate_harmful": "consider_retraining",
    "outcome_delay": "wait",
    "undetermined": "wait",
}
_QUIET: frozenset[Cause] = frozenset(
    {"none", "volume", "traffic_mix", "covariate_harmless", "season", "undetermined"}
)
_ENOUGH_ROWS = 2_000
_NEAR = 24
_MOSTLY = 0.5


def action_for(cause: Cause) -> Action:
    """What is due.

    A fault is fixed where it is made. Where the order of the scores still holds they are
    recalibrated: after a label shift as after a change of calibration. Retraining is considered
    where what makes the event likely has changed, and where other people come at a cost: the model
    is then used where it learnt little, though P(y|x) may be as it was. Late outcomes, and what
    cannot be told yet, are waited for. All else needs nothing.
    """
    return _ACTIONS.get(cause, "nothing")


def is_actionable(cause: Cause) -> bool:
    """Whether anybody has to do something about it, or to mind it."""
    return cause not in _QUIET


def verdict(case: Case, part: Part, cost: Cost | None) -> Diagnosis:
    """The diagnosis; undetermined where nothing holds, or where what is open matters more."""
    holds = sorted(part.holds, key=_rank)
    if not holds and not part.open:
        return _unknown(case, part, cost)
    serious = any(is_actionable(each.cause) for each in part.open)
    if not holds or (serious and not is_actionable(holds[0].cause)):
        return _diagnosis(case, part, "undetermined", tuple(holds), cost)
    return _diagnosis(case, part, holds[0].cause, tuple(holds), cost)


def _rank(each: Candidate) -> tuple[bool, bool, float, int]:
    """What needs action first; of faults the one that explains most."""
    fault = each.cause in _FAULTS and bool(each.columns)
    order = _ORDER.index(each.cause)
    return not is_actionable(each.cause), not fault, -each.explains if fault else 0.0, order


def _diagnosis(
    case: Case, part: Part, cause: Cause, holds: tuple[Candidate, ...], cost: Cost | None
) -> Diagnosis:
    named = cause != "undetermined"
    first = holds[0] if named else None
    faults = [each for each in holds if each.cause in _FAULTS or each is first]
    certain = any(is_actionable(each.cause) for each in holds)
    return Diagnosis(
        at=case.at,
        cause=cause,
        candidates=(*holds, *part.open, *part.refuted),
        actionable=certain or (not named and _is_due(part.open)),
        action=action_for(cause),
        columns=tuple(dict.fromkeys(n for e in faults for n in e.columns)) if named else (),
        segment=first.segment if first else None,
        secondary=holds[1:] if named else holds,
        decides=part.decides if part.open else None,
        cost=cost,
        notes=_notes(case),
        facts=part.facts,
    )


def _is_due(remain: tuple[Candidate, ...]) -> bool:
    """Whether somebody is to look already: all that remains needs it, or a fault comes first."""
    first = remain[0] if remain else None
    fault = first is not None and first.cause in _FAULTS and first.explains > _MOSTLY
    return fault or all(is_actionable(each.cause) for each in remain)


def _unknown(case: Case, part: Part, cost: Cost | None) -> Diagnosis:
    """Nothing is to be seen in these rows: no change, or too few rows for what moved."""
    rows = len(case.after)
    if not case.moved and rows >= _ENOUGH_ROWS:
        because = f"{rows:,} rows since the onset are within every tolerance."
        none = Part(holds=(Candidate("none", 1.0, because=because),), refuted=part.refuted)
        return _diagnosis(case, none + Part(facts=part.facts), "none", none.holds, cost)
    because = "It would move what moved; the rows and outcomes so far do not tell."
    likely = {cause: None for moved in case.moved for cause in _likely(moved)}
    columns = tuple(dict.fromkeys(m.column for m in case.moved if m.column is not None))
    remain = tuple(
        Candidate(cause, 0.0, because=because, columns=columns if cause == "other_fault" else ())
        for cause in likely
    )
    decides = part.decides or _more(case, remain)
    whole = Part(open=remain, refuted=part.refuted, decides=decides, facts=part.facts)
    found = _diagnosis(case, whole, "undetermined", (), cost)
    return found if remain else _waiting(found, decides)


def _waiting(found: Diagnosis, decides: Decides) -> Diagnosis:
    return replace(found, actionable=False, decides=decides)


def _more(case: Case, remain: tuple[Candidate, ...]) -> Decides:
    by_outcomes = {"calibration", "concept_segment", "concept_global"}
    if any(each.cause in by_outcomes for each in remain):
        return wanted(case, 0.4)
    rows = max(int(case.volume_after.rows.sum()), len(case.after), 1_000)
    return Decides(f"About {rows:,} more rows decide.", rows=rows)


def _likely(moved: Moved) -> Iterator[Cause]:
    """What moves such a stream, of all callers or of one."""
    what, _, _ = moved.stream.partition(", ")
    if what == "observed/expected" or moved.reading == "auc":
        yield from ("calibration", "concept_segment", "concept_global", "label_shift")
        yield "outcome_collection"
    elif what == "coverage":
        yield from ("outcome_collection", "outcome_delay")
    elif what == "delay":
        yield from ("outcome_delay", "outcome_collection")
    elif what == "repeated rows":
        yield from ("duplicates", "volume")
    elif what == "rows":
        yield from ("volume", "duplicates", "traffic_mix", "season")
    elif what == "rank agreement":
        yield from ("shuffled_column", "other_fault", "covariate_harmless")
    elif what.startswith("caller "):
        yield from ("traffic_mix", "duplicates", "season")
    else:
        yield from ("covariate_harmless", "label_shift", "season", "other_fault")


def _notes(case: Case) -> tuple[str, ...]:
    """What is known to have happened near the onset."""
    said = {
        "activation": "Version {} became active near the onset.",
        "note": "Noted near the onset: {}",
        "caller_first": "{} sent its first request near the onset.",
        "caller_last": "{} sent its last request near the onset.",
    }
    low, high = case.onset.low - _NEAR, case.onset.high + _NEAR
    return tuple(
        said[event.kind].format(event.text) for event in case.events if low <= event.at <= high
    )
