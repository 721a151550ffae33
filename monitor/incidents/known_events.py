"""What is known to have happened: activations, notes, and callers that came or went."""

from collections.abc import Iterator
from typing import Any

from diagnosis.evidence import Event
from diagnosis.hours import WEEK
from monitor.incidents.acceptance import accepted
from monitor.incidents.hours import hour_at, time_of

_ACTIVATIONS = """
    SELECT min(activated_at), model_version FROM model_activation
    WHERE activated_at >= %s AND activated_at < %s
    GROUP BY date_bin('1 hour', activated_at, '2000-01-01 00:00Z'), model_version"""
_NOTES = "SELECT at, body FROM operator_note WHERE at >= %s AND at < %s"
_NUMBER = "SELECT number FROM incident WHERE incident_id = %s AND model_version = %s"
_CAME = """
    SELECT first.caller, min(hour) FROM (
        SELECT caller, min(day) AS day FROM rollup_day GROUP BY caller
    ) AS first
    JOIN rollup_hour AS seen
      ON seen.caller = first.caller
     AND seen.hour >= (first.day::timestamp AT TIME ZONE 'UTC')
     AND seen.hour < ((first.day + 1)::timestamp AT TIME ZONE 'UTC')
    WHERE first.day >= %s AND first.day <= %s
    GROUP BY first.caller"""
# Gone: silent for a day, and for twice as long as it ever was in the weeks before.
_WENT = """
    SELECT caller, max(hour) FROM (
        SELECT caller, hour, hour - lag(hour) OVER (PARTITION BY caller ORDER BY hour) AS pause
        FROM (SELECT DISTINCT caller, hour FROM rollup_hour WHERE hour >= %s AND hour < %s) AS seen
    ) AS paused
    GROUP BY caller
    HAVING %s - max(hour) > greatest(interval '1 day', 2 * max(pause))"""
_WEEKS = 4 * WEEK
_KEYLESS = "A caller without a key"


def read(cursor: Any, version: str, first: int, end: int) -> tuple[Event, ...]:
    """The events from hour `first` until before `end`, in order; nothing later is looked at.

    A note that accepts an incident names it by the version's own number, and is none of another
    version's.
    """
    found = [
        *_activations(cursor, first, end),
        *_notes(cursor, version, first, end),
        *_came(cursor, first, end),
        *_went(cursor, first, end),
    ]
    return tuple(sorted(found, key=lambda event: (event.at, event.kind, event.text)))


def _activations(cursor: Any, first: int, end: int) -> Iterator[Event]:
    # Each process says it, and again whenever it starts: within an hour that is one event.
    cursor.execute(_ACTIVATIONS, (time_of(first), time_of(end)))
    for at, activated in cursor:
        yield Event(_fraction(at), "activation", activated)


def _notes(cursor: Any, version: str, first: int, end: int) -> Iterator[Event]:
    cursor.execute(_NOTES, (time_of(first), time_of(end)))
    for at, body in cursor.fetchall():
        incident = accepted(body)
        if incident is None:
            yield Event(_fraction(at), "note", body)
            continue
        cursor.execute(_NUMBER, (incident, version))
        for (number,) in cursor.fetchall():
            yield Event(_fraction(at), "note", f"accept {number}")


def _came(cursor: Any, first: int, end: int) -> Iterator[Event]:
    cursor.execute(_CAME, (time_of(first).date(), time_of(end - 1).date()))
    for caller, hour in cursor:
        if first <= hour_at(hour) < end:
            yield Event(hour_at(hour), "caller_first", caller or _KEYLESS)


def _went(cursor: Any, first: int, end: int) -> Iterator[Event]:
    cursor.execute(_WENT, (time_of(first - _WEEKS), time_of(end), time_of(end)))
    for caller, hour in cursor:
        if first <= (at := hour_at(hour) + 1) < end:
            yield Event(at, "caller_last", caller or _KEYLESS)


def _fraction(moment: Any) -> float:
    """A time in hours since 2000."""
    return float((moment - time_of(0)).total_seconds() / 3600)
