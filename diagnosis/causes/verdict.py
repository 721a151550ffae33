"""One diagnosis of all that was found: the first cause, those beside it, and what is to be done."""

from diagnosis.case import Case
from diagnosis.causes.part import Part
from diagnosis.finding import Action, Candidate, Cause, Cost, Decides, Diagnosis

_ORDER: tuple[Cause, ...] = (
    *("model_swap", "code", "unit", "swapped_columns", "stuck", "imputed", "missing"),
    *("shuffled_column", "other_fault", "duplicates", "outcome_collection", "label_shift"),
    *("concept_segment", "concept_global", "calibration", "covariate_harmful", "outcome_delay"),
    *("traffic_mix", "covariate_harmless", "season", "volume", "none", "undetermined"),
)
_ACTIONS: dict[Cause, Action] = {
    **dict.fromkeys(_ORDER[: _ORDER.index("label_shift")], "fix_pipeline"),
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


def action_for(cause: Cause) -> Action:
    """What is due.

    A fault is fixed where it is made. Scores whose order still holds are recalibrated, after a
    label shift as after a change of calibration. Retraining is considered where what makes the
    event likely has changed, and where the people changed so that it costs: the model is then used
    where it learnt little, though P(y|x) may be as it was. Late outcomes, and what is not yet
    told, are waited for. All else needs nothing.
    """
    return _ACTIONS.get(cause, "nothing")


def is_actionable(cause: Cause) -> bool:
    """Whether anybody has to do, or to mind, anything."""
    return cause not in _QUIET


def verdict(case: Case, part: Part, cost: Cost | None) -> Diagnosis:
    """The diagnosis; undetermined where nothing holds, or where what is open matters more."""
    holds = sorted(
        part.holds, key=lambda each: (-round(_weight(each), 1), _ORDER.index(each.cause))
    )
    holds = sorted(holds, key=lambda each: _ORDER.index(each.cause) >= _ORDER.index("duplicates"))
    if not holds and not part.open:
        return _unknown(case, part, cost)
    if not holds or (
        not is_actionable(holds[0].cause) and any(is_actionable(o.cause) for o in part.open)
    ):
        return _open(case, part, tuple(holds), cost)
    first = max(holds, key=lambda each: (is_actionable(each.cause), -holds.index(each)))
    beside = tuple(each for each in holds if each is not first)
    return Diagnosis(
        case.at, first.cause, (first, *beside, *part.open, *part.refuted),
        actionable=any(is_actionable(each.cause) for each in holds), action=action_for(first.cause),
        columns=_columns(first, beside), segment=first.segment, secondary=beside,
        decides=part.decides if part.open else None, cost=cost, notes=_notes(case), facts=part.facts,
    )  # fmt: skip


def _weight(each: Candidate) -> float:
    return each.explains


def _columns(first: Candidate, beside: tuple[Candidate, ...]) -> tuple[str, ...]:
    faults = [first, *(e for e in beside if action_for(e.cause) == "fix_pipeline")]
    return tuple(dict.fromkeys(name for each in faults for name in each.columns))


def _open(case: Case, part: Part, holds: tuple[Candidate, ...], cost: Cost | None) -> Diagnosis:
    return Diagnosis(
        case.at, "undetermined", (*holds, *part.open, *part.refuted),
        actionable=all(is_actionable(each.cause) for each in part.open), action="wait",
        secondary=holds, decides=part.decides, cost=cost, notes=_notes(case), facts=part.facts,
    )  # fmt: skip


def _unknown(case: Case, part: Part, cost: Cost | None) -> Diagnosis:
    rows = len(case.after)
    decides = part.decides or Decides(
        f"{rows:,} rows since the onset show no change that lasts; more rows decide.",
        rows=max(rows, 1_000),
    )
    if rows >= 2_000 and not case.moved:
        because = f"{rows:,} rows since the onset are within every tolerance."
        none = Candidate("none", 1.0, because=because)
        return Diagnosis(
            case.at,
            "none",
            (none, *part.refuted),
            actionable=False,
            action="nothing",
            cost=cost,
            notes=_notes(case),
            facts=part.facts,
        )
    return Diagnosis(
        case.at, "undetermined", part.refuted, actionable=False, action="wait", decides=decides,
        cost=cost, notes=_notes(case), facts=part.facts,
    )  # fmt: skip


def _notes(case: Case) -> tuple[str, ...]:
    near = [e for e in case.events if case.onset.low - 24 <= e.at <= case.onset.high + 24]
    said = {
        "activation": "Version {} became active near the onset.",
        "note": "Noted near the onset: {}",
        "caller_first": "{} sent its first request near the onset.",
        "caller_last": "{} sent its last request near the onset.",
    }
    return tuple(said[event.kind].format(event.text) for event in near)
