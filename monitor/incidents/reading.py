"""Incidents and notes as they are kept, at any moment of business time."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from diagnosis import finding
from monitor.database import Reader
from monitor.incidents import records
from monitor.incidents.hours import time_of
from monitor.incidents.incident import Diagnosed, Incident

LARGEST = 2**63 - 1
"""An identifier that Postgres can hold."""

_INCIDENTS = """
SELECT incident_id, model_version, number, opened_at, at, kind, content
FROM incident JOIN incident_record USING (incident_id)
WHERE (%(as_of)s::timestamptz IS NULL OR at <= %(as_of)s)
  AND (%(version)s::text IS NULL OR model_version = %(version)s)
  AND (%(incident_id)s::bigint IS NULL OR incident_id = %(incident_id)s)
ORDER BY opened_at DESC, incident_id DESC, record_id
"""
_OPEN = """
SELECT count(*) FROM incident
WHERE (%(as_of)s::timestamptz IS NULL OR opened_at <= %(as_of)s) AND NOT EXISTS (
    SELECT FROM incident_record AS record
    WHERE record.incident_id = incident.incident_id AND kind = 'ended'
      AND (%(as_of)s::timestamptz IS NULL OR at <= %(as_of)s))
"""
_NOTES = """
SELECT note_id, at, body, written_by, written_at FROM operator_note
WHERE at >= %s AND at < %s ORDER BY at, note_id
"""


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody knew to have happened, and when they wrote it down."""

    note_id: int
    at: datetime
    text: str
    by: str | None
    written_at: datetime


def incidents(
    reader: Reader, as_of: datetime | None = None, version: str | None = None
) -> list[Incident]:
    """Those that were open or closed by a time, as they were known then; the newest first.

    As they are known now where `as_of` is None; of all versions where `version` is None.
    """
    return _read(reader, as_of=as_of, version=version, incident_id=None)


def incident(reader: Reader, incident_id: int, as_of: datetime | None = None) -> Incident | None:
    """One of them; None where there is none of that number, or was none then."""
    if not 0 < incident_id <= LARGEST:
        return None
    found = _read(reader, as_of=as_of, version=None, incident_id=incident_id)
    return found[0] if found else None


def still_open(reader: Reader, as_of: datetime | None = None) -> int:
    """How many were open at a time; now where it is None."""
    ((count,),) = reader.rows(_OPEN, {"as_of": as_of})
    return int(count)


def notes(reader: Reader, since: datetime, until: datetime) -> list[Note]:
    """Those of something that happened in the span, in the order of its time."""
    rows = reader.rows(_NOTES, (since, until))
    return [
        Note(note_id, at.astimezone(UTC), text, by, written_at.astimezone(UTC))
        for note_id, at, text, by, written_at in rows
    ]


def _read(reader: Reader, **values: object) -> list[Incident]:
    rows = reader.rows(_INCIDENTS, values)
    return [_told(list(group)) for _, group in groupby(rows, key=lambda row: row[0])]


def _told(rows: list[tuple[Any, ...]]) -> Incident:
    """Of the records of one incident, which begin with its opening."""
    incident_id, version, number, opened_at, *_ = rows[0]
    happenings = (records.happening(kind, number, at, content) for *_, at, kind, content in rows)
    opened = next(happenings)
    assert isinstance(opened, finding.Opened)
    told = Incident(
        *(incident_id, version, opened_at.astimezone(UTC)),
        *_since(opened),
        opened.moved,
    )
    return _gone_on(told, happenings)


def _gone_on(told: Incident, happenings: Iterable[finding.Happening]) -> Incident:
    for happening in happenings:
        at = time_of(happening.at)
        match happening:
            case finding.Diagnosed(diagnosis=diagnosis):
                told = replace(told, diagnoses=(*told.diagnoses, Diagnosed(at, diagnosis)))
            case finding.Ended(ending=ending, reason=reason):
                told = replace(told, closed_at=at, ending=ending, reason=reason)
            case finding.Opened() | finding.Extended():
                onset, interval = _since(happening)
                told = replace(told, onset=onset, onset_interval=interval, moved=happening.moved)
    return told


def _since(
    found: finding.Opened | finding.Extended,
) -> tuple[datetime, tuple[datetime, datetime]]:
    onset = found.onset
    return time_of(onset.hour), (time_of(onset.low), time_of(onset.high))
