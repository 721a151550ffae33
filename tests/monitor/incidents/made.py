"""Incidents made by hand: one of each cause, in each state, and of two causes at once.

Their figures agree with one another, as those of a real one do: what moved, what was fitted, and
what is said of candidates that were refuted.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from diagnosis import finding
from diagnosis.finding import Action, Candidate, Cause, Cost, Decides, Diagnosis, Moved
from monitor.database import Database as Connections
from monitor.incidents import records
from monitor.incidents.hours import hour_at
from monitor.incidents.incident import Diagnosed, Incident
from tests.conftest import PASSWORD, Database

VERSION = "loans-1a2b3c"
ONSET = datetime(2026, 5, 8, 3, tzinfo=UTC)
OPENED = datetime(2026, 5, 8, 9, tzinfo=UTC)
CLOSED = datetime(2026, 5, 13, 9, tzinfo=UTC)
CAUSES: tuple[Cause, ...] = get_args(Cause)

_INCOME, _AGE, _LATE = "MonthlyIncomeOfTheHousehold", "age", "times_late"
_OVER = "observed/expected"


def incident(cause: Cause, incident_id: int = 1, **changes: Any) -> Incident:
    """An open one of this cause, diagnosed once, an hour after it opened."""
    made = Incident(
        incident_id=incident_id,
        model_version=VERSION,
        opened_at=OPENED,
        onset=ONSET,
        onset_interval=(ONSET - timedelta(hours=2), ONSET + timedelta(hours=3)),
        moved=_MOVED[cause],
        diagnoses=(diagnosed(_diagnosis(cause)),),
    )
    return replace(made, **changes)


def diagnosed(diagnosis: Diagnosis, at: datetime = OPENED + timedelta(hours=1)) -> Diagnosed:
    """The diagnosis of a look at that time."""
    return Diagnosed(at, replace(diagnosis, at=hour_at(at)))


def undiagnosed() -> Incident:
    """Open, before the first diagnosis."""
    return incident("unit", diagnoses=())


def closed(cause: Cause = "unit", incident_id: int = 1) -> Incident:
    """Everything is back as it was, after five days."""
    return incident(
        cause,
        incident_id,
        closed_at=CLOSED,
        ending="back",
        reason="All that had moved has been within its tolerance for 24 hours.",
    )


def accepted(incident_id: int = 2) -> Incident:
    """Explained, harmless, lasting: taken as the new state."""
    return incident(
        "traffic_mix",
        incident_id,
        closed_at=OPENED + timedelta(days=14),
        ending="accepted",
        reason="It has lasted 14 days, is explained and needs no action.",
    )


def superseded(incident_id: int = 3) -> Incident:
    """A later version served, or another incident holds it."""
    return incident(
        "missing",
        incident_id,
        closed_at=CLOSED,
        ending="superseded",
        reason="Version loans-4d5e6f has served since.",
    )


def settled(incident_id: int = 4) -> Incident:
    """First undetermined, a day later a concept drift of a segment."""
    known = incident("concept_segment", incident_id).diagnoses[0].diagnosis
    first = incident("undetermined").diagnoses[0]
    return incident(
        "concept_segment",
        incident_id,
        diagnoses=(first, diagnosed(known, OPENED + timedelta(days=1))),
    )


def compound(incident_id: int = 5) -> Incident:
    """A unit fault, and concept drift beside it."""
    found = _diagnosis("unit")
    second = Candidate(
        "concept_segment",
        0.97,
        columns=(_AGE,),
        segment={"age": "< 32"},
        parameters={"odds": 2.4, "low": 2.2, "high": 2.6},
        because="On rows with the income repaired the odds below 32 are 2.4 times as high.",
    )
    both = replace(found, secondary=(second,), action="fix_pipeline")
    return incident(
        "unit",
        incident_id,
        moved=(*_MOVED["unit"], *_MOVED["concept_segment"]),
        diagnoses=(diagnosed(both),),
    )


def partial(incident_id: int = 6) -> Incident:
    """A unit fault in 30 per cent of one caller's rows."""
    found = _diagnosis("unit")
    first, *others = found.candidates
    some = replace(first, segment={"caller": "mobile"}, parameters={"factor": 12.0, "rows": 0.3})
    return incident(
        "unit",
        incident_id,
        diagnoses=(
            diagnosed(replace(found, segment={"caller": "mobile"}, candidates=(some, *others))),
        ),
    )


def everyone() -> tuple[Incident, ...]:
    """Each cause and each state, newest first, with numbers of their own."""
    each = [incident(cause) for cause in CAUSES]
    each += [undiagnosed(), closed(), accepted(), superseded(), settled(), compound(), partial()]
    return tuple(replace(one, incident_id=at) for at, one in reversed(list(enumerate(each, 1))))


def happenings(incident: Incident) -> list[finding.Happening]:
    """What must be recorded for it to be read again."""
    number, opened = incident.incident_id, hour_at(incident.opened_at)
    onset = finding.Onset(hour_at(incident.onset), *map(hour_at, incident.onset_interval))
    found: list[finding.Happening] = [finding.Opened(number, opened, onset, incident.moved)]
    found += [
        finding.Diagnosed(number, hour_at(each.at), each.diagnosis) for each in incident.diagnoses
    ]
    if incident.closed_at is not None:
        assert incident.ending is not None
        ended = hour_at(incident.closed_at), incident.ending, incident.reason or ""
        found.append(finding.Ended(number, *ended))
    return found


def keep(database: Database, *incidents: Incident) -> None:
    """Record them, in their order: the first has number 1 in an empty database."""
    connections = Connections(database.url("monitor"), lambda: PASSWORD)
    with connections.connection() as connection, connection.attempt():
        for incident in incidents:
            records.write(connection, incident.model_version, happenings(incident))
    connections.close()


def _share(stream: str, before: float, after: float, column: str | None, **more: Any) -> Moved:
    return Moved(stream, before, after, "share", column, log_evidence=24.5, **more)


def _ratio(stream: str, after: float, column: str | None = None) -> Moved:
    return Moved(stream, 0.99, after, "ratio", column, log_evidence=18.2)


_NULLS = _share(f"{_INCOME} = missing", 0.2, 0.41, _INCOME)
_MOVED: Mapping[Cause, tuple[Moved, ...]] = {
    "none": (_share(f"{_INCOME} < 4914", 0.5, 0.53, _INCOME),),
    "model_swap": (Moved("mean score", 0.071, 0.093, "score", log_evidence=30.0),),
    "unit": (
        _share(f"{_INCOME} < 4914", 0.5, 0.03, _INCOME),
        _share("score < 0.08", 0.7, 0.76, None),
    ),
    "missing": (_NULLS,),
    "stuck": (_share(f"{_INCOME} = 4914", 0.001, 0.65, _INCOME),),
    "code": (_share(f"{_LATE} = 98", 0.002, 0.037, _LATE),),
    "swapped_columns": (
        _share("open_lines < 2", 0.05, 0.9, "open_lines"),
        _share("dependents < 2", 0.8, 0.04, "dependents"),
    ),
    "shuffled_column": (
        Moved("rank agreement of age", 0.41, 0.02, "score", _AGE, log_evidence=40.1),
    ),
    "imputed": (
        _share(f"{_INCOME} = 4914", 0.001, 0.2, _INCOME),
        _share(f"{_INCOME} = missing", 0.2, 0.0, _INCOME),
    ),
    "duplicates": (_share("repeated rows", 0.001, 0.34, None, caller="mobile"),),
    "volume": (Moved("rows", 1000.0, 2250.0, "rows", log_evidence=90.0),),
    "traffic_mix": (
        _share("caller broker", 0.2, 0.45, None, caller="broker"),
        _share("age < 32", 0.1, 0.14, _AGE),
    ),
    "covariate_harmless": (_share("open_lines < 8", 0.5, 0.4, "open_lines"),),
    "covariate_harmful": (
        _share("utilisation < 0.5", 0.6, 0.4, "utilisation"),
        Moved("expected log loss", 0.21, 0.3, "score", log_evidence=22.0),
    ),
    "label_shift": (_ratio(_OVER, 1.6), Moved("bad", 0.067, 0.15, "rate", log_evidence=19.0)),
    "calibration": (_ratio(_OVER, 1.4),),
    "concept_global": (_ratio(_OVER, 1.7),),
    "concept_segment": (_ratio(f"{_OVER}, age < 32", 1.75, _AGE), _ratio(_OVER, 1.2)),
    "outcome_collection": (_share("coverage", 0.98, 0.71, None, caller="mobile"),),
    "outcome_delay": (Moved("delay", 240.0, 480.0, "hours", log_evidence=33.0),),
    "season": (_share("age < 32", 0.1, 0.14, _AGE),),
    "other_fault": (_share(f"{_INCOME} < 4914", 0.5, 0.21, _INCOME),),
    "undetermined": (_ratio(f"{_OVER}, age < 32", 1.5, _AGE),),
}

_ACTIONS: Mapping[Cause, Action] = {
    "model_swap": "fix_pipeline",
    "unit": "fix_pipeline",
    "missing": "fix_pipeline",
    "stuck": "fix_pipeline",
    "code": "fix_pipeline",
    "swapped_columns": "fix_pipeline",
    "shuffled_column": "fix_pipeline",
    "imputed": "fix_pipeline",
    "duplicates": "fix_pipeline",
    "covariate_harmful": "consider_retraining",
    "label_shift": "recalibrate",
    "calibration": "recalibrate",
    "concept_global": "consider_retraining",
    "concept_segment": "consider_retraining",
    "outcome_collection": "fix_pipeline",
    "outcome_delay": "fix_pipeline",
    "other_fault": "fix_pipeline",
    "undetermined": "wait",
}

_FITTED: Mapping[Cause, Mapping[str, float]] = {
    "model_swap": {"differ": 1990.0, "of": 2000.0},
    "unit": {"factor": 12.0, "rows": 1.0},
    "missing": {"rows": 0.26},
    "stuck": {"value": 4914.0, "rows": 0.65},
    "code": {"value": 98.0, "rows": 0.035},
    "swapped_columns": {"rows": 1.0},
    "shuffled_column": {"rows": 1.0},
    "imputed": {"value": 4914.0, "rows": 0.2},
    "duplicates": {"before": 0.001, "after": 0.34},
    "volume": {"ratio": 2.25},
    "traffic_mix": {"before": 0.2, "after": 0.45},
    "covariate_harmful": {"loss_before": 0.21, "loss_after": 0.3},
    "label_shift": {"odds": 1.6, "odds_by_scores": 1.5},
    "calibration": {"odds": 1.4, "slope": 1.0},
    "concept_global": {"odds": 1.9, "low": 1.8, "high": 2.0},
    "concept_segment": {"odds": 2.4, "low": 2.2, "high": 2.6},
    "outcome_collection": {"before": 0.98, "after": 0.71},
    "outcome_delay": {"factor": 2.0, "before": 240.0, "after": 480.0},
}

_SEGMENTS: Mapping[Cause, Mapping[str, str]] = {
    "duplicates": {"caller": "mobile"},
    "traffic_mix": {"caller": "broker"},
    "concept_segment": {"age": "< 32"},
    "outcome_collection": {"caller": "mobile"},
}

_COLUMNS: Mapping[Cause, tuple[str, ...]] = {
    "unit": (_INCOME,),
    "missing": (_INCOME,),
    "stuck": (_INCOME,),
    "code": (_LATE,),
    "swapped_columns": ("open_lines", "dependents"),
    "shuffled_column": (_AGE,),
    "imputed": (_INCOME,),
    "covariate_harmless": ("open_lines",),
    "covariate_harmful": ("utilisation",),
    "concept_segment": (_AGE,),
    "other_fault": (_INCOME,),
}

_COSTS: Mapping[Cause, Cost] = {
    "covariate_harmful": Cost("log loss a case", expected=(0.21, 0.3)),
    "concept_segment": Cost("log loss a case", measured=(0.21, 0.26), cases=9611),
    "label_shift": Cost("declared costs", measured=(0.4, 0.9), cases=4200),
}


def _diagnosis(cause: Cause) -> Diagnosis:
    at = hour_at(OPENED + timedelta(hours=1))
    if cause == "undetermined":
        return _undetermined(at)
    action = _ACTIONS.get(cause, "nothing")
    return Diagnosis(
        at,
        cause,
        _candidates(cause),
        action != "nothing",
        action,
        _COLUMNS.get(cause, ()),
        _SEGMENTS.get(cause),
        cost=_COSTS.get(cause),
    )


def _candidates(cause: Cause) -> tuple[Candidate, ...]:
    if cause == "none":
        return ()
    holds = Candidate(
        cause,
        0.99,
        None,
        _COLUMNS.get(cause, ()),
        _SEGMENTS.get(cause),
        _FITTED.get(cause, {}),
        "Taken back on 4,000 later rows, it restores every column.",
    )
    other: Cause = "covariate_harmless" if cause != "covariate_harmless" else "unit"
    refuted = Candidate(other, 0.16, "On later rows age is still 4 points of share away.")
    return holds, refuted


def _undetermined(at: int) -> Diagnosis:
    drift = Candidate(
        "concept_segment",
        0.93,
        columns=(_AGE,),
        segment={"age": "< 32"},
        parameters={"odds": 2.1, "low": 1.3, "high": 3.4},
        because="One factor of the odds below 32 restores all bands of the score.",
    )
    scale = Candidate(
        "calibration",
        0.71,
        parameters={"odds": 1.3, "slope": 1.1},
        because="A new intercept and slope restore all bands but one.",
    )
    fault = Candidate("unit", 0.0, "No column moved by more than 0.8 points of share.")
    decides = Decides(
        "More outcomes of cases with age < 32 tell one segment from all.",
        outcomes=40,
        hour=at + 5 * 24,
    )
    return Diagnosis(at, "undetermined", (drift, scale, fault), False, "wait", decides=decides)
