"""An incident as it is kept and read: what moved, and the diagnoses in their order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from diagnosis.finding import Action, Candidate, Cause, Cost, Diagnosis, Ending, Moved
from monitor.incidents.hours import rfc3339, time_of


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A diagnosis, with the time of its look."""

    at: datetime
    diagnosis: Diagnosis


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as it was known at a time.

    moved and onset are the latest; diagnoses begin with the first. ending and reason: how it was
    closed, None while it is open.
    """

    incident_id: int
    model_version: str
    opened_at: datetime
    onset: datetime
    onset_interval: tuple[datetime, datetime]
    moved: tuple[Moved, ...]
    diagnoses: tuple[Diagnosed, ...] = ()
    closed_at: datetime | None = None
    ending: Ending | None = None
    reason: str | None = None

    @property
    def latest(self) -> Diagnosis | None:
        """The diagnosis that holds; None before the first."""
        return self.diagnoses[-1].diagnosis if self.diagnoses else None

    @property
    def cause(self) -> Cause:
        """As far as it is known."""
        return self.latest.cause if self.latest else "undetermined"

    @property
    def action(self) -> Action:
        """What is due."""
        return self.latest.action if self.latest else "wait"

    def document(self) -> dict[str, Any]:
        """As JSON, whose members are stable: others may be added, none changes its meaning."""
        return {
            "incident_id": self.incident_id,
            "opened_at": _said(self.opened_at),
            "closed_at": _said(self.closed_at),
            "ending": self.ending,
            "onset": _said(self.onset),
            "onset_interval": [_said(moment) for moment in self.onset_interval],
            "model_version": self.model_version,
            "moved": [_moved(each) for each in self.moved],
            "diagnosis": _diagnosis(self.latest) if self.latest else None,
            "history": [_diagnosis(each.diagnosis) for each in self.diagnoses],
        }


def listed(incidents: Iterable[Incident]) -> dict[str, Any]:
    """Several as JSON, alike for whoever asks by HTTP and by the command."""
    return {"incidents": [each.document() for each in incidents]}


def _moved(moved: Moved) -> dict[str, Any]:
    return {
        "stream": moved.stream,
        "from": moved.before,
        "to": moved.after,
        "reading": moved.reading,
        "column": moved.column,
        "caller": moved.caller,
    }


def _diagnosis(found: Diagnosis) -> dict[str, Any]:
    decides = found.decides
    return {
        "cause": found.cause,
        "columns": list(found.columns),
        "segment": _mapping(found.segment),
        "secondary": [_candidate(each) for each in found.secondary],
        "candidates": [_candidate(each) for each in found.candidates],
        "actionable": found.actionable,
        "action": found.action,
        "undetermined": found.undetermined,
        "decides": decides
        and {
            "observation": decides.observation,
            "rows": decides.rows,
            "outcomes": decides.outcomes,
            "at": None if decides.hour is None else _said(time_of(decides.hour)),
        },
        "cost": _cost(found.cost),
        "notes": list(found.notes),
        "at": _said(time_of(found.at)),
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "cause": candidate.cause,
        "columns": list(candidate.columns),
        "segment": _mapping(candidate.segment),
        "explains": candidate.explains,
        "refuted_by": candidate.refuted_by,
        "because": candidate.because,
        "parameters": dict(candidate.parameters),
    }


def _cost(cost: Cost | None) -> dict[str, Any] | None:
    if cost is None:
        return None
    return {
        "unit": cost.unit,
        "expected": cost.expected and list(cost.expected),
        "measured": cost.measured and list(cost.measured),
        "cases": cost.cases,
    }


def _mapping(segment: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if segment is None else dict(segment)


def _said(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
