"""The state of an incident, and what to do about it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from diagnosis.finding import Cause, Diagnosis
from diagnosis.incidents import LASTED
from monitor.incidents.hours import time_of
from monitor.incidents.incident import Incident
from monitor.incidents.phrases import lasting
from monitor.incidents.told import Told
from monitor.page.figures import State
from monitor.page.words import day, when

ACCEPTED_AFTER = timedelta(hours=LASTED)
"""A change that is explained and needs no action is then taken as the new state (diagnosis)."""

_ENDED = {
    "back": "Closed: everything is back",
    "accepted": "Closed: accepted as the new state",
    "superseded": "Closed: another one has taken its place",
}
_FIXES: Mapping[Cause, str] = {
    "model_swap": "Find which model answers in place of version {version}, and put it back.",
    "unit": "Find where {names} is made, and give it its unit back.",
    "missing": "Find where {names} gets lost.",
    "stuck": "Find why {names} stands still.",
    "code": "Find who writes the code into {names}.",
    "swapped_columns": "Find where {names} change places.",
    "shuffled_column": "Find where {names} is joined to its rows, by the wrong key or order.",
    "imputed": "Find who fills in {names}; the model takes missing values as such.",
    "duplicates": "Find why rows{sender} come again.",
    "outcome_collection": "Find why outcomes{sender} are not reported as before; judge no"
    " performance by them until then.",
    "outcome_delay": "Find why outcomes take another time; what is late is not lost.",
    "volume": "Find why the traffic changed.",
}
_ROWS = {
    "unit",
    "missing",
    "stuck",
    "code",
    "swapped_columns",
    "shuffled_column",
    "imputed",
    "duplicates",
    "other_fault",
}
"""Faults whose rows nobody should train on."""


def state(incident: Incident) -> State:
    """Its shape: action due, undetermined, explained, closed."""
    if incident.closed_at is not None:
        return "ok"
    found = incident.latest
    if found is not None and found.actionable:
        return "act"
    return "ask" if found is None or found.undetermined else "known"


def state_words(incident: Incident, now: datetime) -> str:
    """Open for 23 days, action due."""
    if incident.closed_at is not None:
        return f"{ended(incident)}, after {lasted(incident)}"
    found = incident.latest
    begin = f"Open for {lasting(now - incident.opened_at)}"
    if found is None:
        return f"{begin}, not diagnosed yet"
    if found.actionable:
        return f"{begin}, action due" + (", the cause is open" if found.undetermined else "")
    if found.undetermined:
        return f"{begin}, undetermined: wait"
    return f"{begin}, {'nothing to do' if found.action == 'nothing' else 'wait'}"


def to_do(incident: Incident, told: Told) -> str:
    """What is due, in sentences."""
    if incident.closed_at is not None:
        return _afterwards(incident, told)
    found = incident.latest
    if found is None:
        return "Wait for the first diagnosis, which comes with the next round."
    said = _due(incident, found, told)
    return f"{said} {_left_out(incident, told)}".strip()


def short(found: Diagnosis) -> str:
    """What is due, in a few words: for a list."""
    said = {
        "fix_pipeline": "fix the pipeline",
        "wait": "wait",
        "recalibrate": "recalibrate",
        "consider_retraining": "consider retraining",
        "nothing": "nothing to do",
    }[found.action]
    return f"Action due: {said}." if found.actionable else f"{said.capitalize()}."


def ended(incident: Incident) -> str:
    """How it was closed."""
    return _ENDED[incident.ending or "back"]


def lasted(incident: Incident) -> str:
    """How long things were not as they should be; up to the end, from the onset."""
    assert incident.closed_at is not None
    return lasting(incident.closed_at - incident.onset)


def _due(incident: Incident, found: Diagnosis, told: Told) -> str:
    match found.action:
        case "fix_pipeline":
            text = _FIXES.get(found.cause, "Find the fault in what is sent{sender}.")
            return text.format(names=told.names, sender=told.sender, version=told.version)
        case "recalibrate":
            return "Recalibrate the scores; their order holds."
        case "consider_retraining":
            more = "" if found.secondary else "; nothing in the pipeline needs fixing"
            return f"Consider retraining{more}."
        case "wait":
            return _wait(found)
    return (
        "Nothing. If it lasts, it is taken as the new state on"
        f" {day(_harmless_since(incident) + ACCEPTED_AFTER)}, or at once by the command"
        f" monitor accept {incident.incident_id} --because TEXT."
    )


def _harmless_since(incident: Incident) -> datetime:
    """Since when it has been explained without a break, and nothing was due."""
    since = incident.opened_at
    for each in reversed(incident.diagnoses):
        if each.diagnosis.actionable or each.diagnosis.undetermined:
            break
        since = each.at
    return since


def _wait(found: Diagnosis) -> str:
    until = found.decides.hour if found.decides else None
    about = f", until about {day(time_of(until))}" if until is not None else ""
    if not found.undetermined:
        return f"Wait{about}."
    return f"Wait{about}. Do not retrain, nor change the threshold, on what is known today."


def _left_out(incident: Incident, told: Told) -> str:
    if told.cause not in _ROWS:
        return ""
    return f"Leave the rows since {when(incident.onset)} out of every training set."


def _afterwards(incident: Incident, told: Told) -> str:
    if incident.ending == "accepted":
        return "Nothing. Later looks go by the state that was accepted."
    if told.cause in _ROWS and incident.closed_at is not None:
        span = f"from {when(incident.onset)} to {when(incident.closed_at)}"
        return f"Nothing now. Leave the rows {span} out of every training set."
    return "Nothing now."
