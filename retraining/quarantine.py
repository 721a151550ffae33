"""Rows that a fault of the pipeline touched: nothing learns from them, or is judged on them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2 import sql

from contract.case import moment
from diagnosis.causes.verdict import action_for
from retraining.records import rfc3339

_FIX = "fix_pipeline"


@dataclass(frozen=True, slots=True)
class Window:
    """The business times of an incident, from `first` up to `end` and without it; None: on and on.

    callers: whose rows it touched; none named: everybody's. causes: the faults, by their names.
    """

    incident_id: int
    first: datetime
    end: datetime | None
    callers: tuple[str, ...]
    causes: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """As a record holds it."""
        return {
            "incident_id": self.incident_id,
            "from": rfc3339(self.first),
            "to": None if self.end is None else rfc3339(self.end),
            "callers": list(self.callers),
            "causes": list(self.causes),
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Window":
        """What `document` made."""
        end = document["to"]
        return cls(
            document["incident_id"],
            datetime.fromisoformat(document["from"]),
            None if end is None else datetime.fromisoformat(end),
            tuple(document["callers"]),
            tuple(document["causes"]),
        )


def windows(incidents: Iterable[Mapping[str, Any]]) -> tuple[Window, ...]:
    """What incidents, as their JSON has them, keep out: those with a fault, first or beside it.

    From the earliest hour that the onset can be. The rows are kept out as a whole, for a wrong
    column is a wrong row; of a group of a column's values too, since the fault may have changed the
    very value. In the order of the incidents' numbers.
    """
    found = [_window(each) for each in incidents]
    return tuple(sorted(filter(None, found), key=lambda window: window.incident_id))


def _window(incident: Mapping[str, Any]) -> Window | None:
    diagnosis = incident["diagnosis"]
    if diagnosis is None:
        return None
    named = [diagnosis, *diagnosis["secondary"]]
    faults = [each for each in named if action_for(each["cause"]) == _FIX]
    if not faults:
        return None
    first = _moment(incident["onset_interval"][0])
    closed = incident["closed_at"]
    return Window(
        incident["incident_id"],
        min(first, _moment(incident["onset"])),
        None if closed is None else _moment(closed),
        _callers(faults),
        tuple(sorted({each["cause"] for each in faults})),
    )


def _callers(faults: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    segments = [each["segment"] or {} for each in faults]
    if not all("caller" in segment for segment in segments):
        return ()
    return tuple(sorted({segment["caller"] for segment in segments}))


def _moment(text: str) -> datetime:
    found = moment(text)
    if found is None:
        raise ValueError(f"an incident's time is none: {text}")
    return found


def touched(
    kept_out: Sequence[Window], time: sql.Composable, caller: sql.Composable
) -> sql.Composable:
    """In SQL: whether a row of that time and caller lies in one of the windows."""
    parts = [_inside(window, time, caller) for window in kept_out]
    return sql.SQL(" OR ").join(parts) if parts else sql.SQL("false")


def _inside(window: Window, time: sql.Composable, caller: sql.Composable) -> sql.Composable:
    inside = sql.SQL("{} >= {}").format(time, sql.Literal(window.first))
    if window.end is not None:
        inside += sql.SQL(" AND {} < {}").format(time, sql.Literal(window.end))
    if window.callers:
        inside += sql.SQL(" AND coalesce({}, '') = ANY({})").format(
            caller, sql.Literal(list(window.callers))
        )
    return sql.SQL("({})").format(inside)
