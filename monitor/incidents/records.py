"""What a look found, as rows of incident_record: written and read in one place.

A happening's hour is the column `at`, its number the incident; the rest is `content`, by the names
of its class. Every class is closed: a member is only ever added, with a default.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter

from diagnosis.finding import Diagnosed, Ended, Extended, Happening, Opened
from monitor.database import MonitorConnection
from monitor.incidents.hours import hour_at, time_of

Kind = Literal["opened", "extended", "diagnosed", "ended"]

_KINDS: dict[type[Happening], Kind] = {
    Opened: "opened",
    Extended: "extended",
    Diagnosed: "diagnosed",
    Ended: "ended",
}
_ADAPTERS: dict[Kind, TypeAdapter[Happening]] = {
    kind: TypeAdapter(form) for form, kind in _KINDS.items()
}
_ENTER = "LOCK TABLE incident_gate IN EXCLUSIVE MODE"
_INCIDENT = """
    INSERT INTO incident (incident_id, model_version, number, opened_at)
    SELECT coalesce(max(incident_id), 0) + 1, %s, %s, %s FROM incident"""
_RECORD = """
    INSERT INTO incident_record (record_id, incident_id, at, kind, content)
    SELECT coalesce((SELECT max(record_id) FROM incident_record), 0) + 1, incident_id, %s, %s, %s
    FROM incident WHERE model_version = %s AND number = %s"""


def write(connection: MonitorConnection, version: str, happenings: Iterable[Happening]) -> None:
    """Add them, in their order, in the caller's transaction, which is to end soon.

    Raises ValueError where a figure is not finite, or an incident was not opened.
    """
    found = list(happenings)
    if not found:
        return
    connection.execute(_ENTER)
    for happening in found:
        at = time_of(happening.at)
        if isinstance(happening, Opened):
            connection.execute(_INCIDENT, (version, happening.number, at))
        kind, content = recorded(happening)
        document = json.dumps(content, allow_nan=False)
        values = (at, kind, document, version, happening.number)
        if connection.execute(_RECORD, values) != 1:
            raise ValueError(f"{kind}: incident {happening.number} of {version} was never opened")


def recorded(happening: Happening) -> tuple[Kind, dict[str, Any]]:
    """The kind and the content of a happening."""
    kind = _KINDS[type(happening)]
    content = _ADAPTERS[kind].dump_python(happening, mode="json", exclude={"number", "at"})
    return kind, content


def happening(kind: Kind, number: int, at: datetime, content: Mapping[str, Any]) -> Happening:
    """What was recorded so."""
    return _ADAPTERS[kind].validate_python({**content, "number": number, "at": hour_at(at)})
