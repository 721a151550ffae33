"""Which hours of a version are over, counted, and worth a look."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from diagnosis.hours import DAY
from monitor.incidents.counted import OUTAGE, heir
from monitor.incidents.hours import hour_at, time_of

LATE = timedelta(minutes=5)
"""So long after its end an hour is over: rows come through a spool, and clocks differ."""

_VERSIONS = """
    SELECT served.model_version, hour, looked_until
    FROM (
        -- A few rows of a wrong time, long before all others, are no beginning.
        SELECT model_version, min(day) FILTER (WHERE next IS NULL OR next - day <= %s) AS day
        FROM (SELECT model_version, day,
                     lead(day) OVER (PARTITION BY model_version ORDER BY day) AS next
              FROM (SELECT DISTINCT model_version, day FROM rollup_day) AS days) AS followed
        GROUP BY model_version
    ) AS served
    JOIN reference_profile AS kept
      ON kept.model_version = served.model_version AND kept.profile IS NOT NULL
    CROSS JOIN LATERAL (
        SELECT min(hour) AS hour FROM rollup_hour
        WHERE hour >= (served.day::timestamp AT TIME ZONE 'UTC')
          AND hour < ((served.day + 1)::timestamp AT TIME ZONE 'UTC')
          AND model_version = served.model_version
    ) AS first
    LEFT JOIN watch_state ON watch_state.model_version = served.model_version"""
_MARKED = "SELECT min(hour) FROM rollup_mark WHERE hour >= %s AND hour < %s"
_LAST = """
    SELECT hour FROM rollup_hour WHERE model_version = %s AND hour < %s
    ORDER BY hour DESC LIMIT 1"""
_LAST_DUE = "SELECT max(due_on) FROM outcome_day WHERE model_version = %s AND due_on < 'infinity'"


def over(as_of: datetime, *, exact: bool) -> int:
    """The hour that is not over at a time; those before it are.

    exact: everything of before has come, as in a replay that feeds in the order of time.
    """
    return hour_at(as_of if exact else as_of - LATE)


def versions(cursor: Any) -> dict[str, int]:
    """The next hour to look at of each version with a profile: its first one before any look."""
    cursor.execute(_VERSIONS, (OUTAGE // DAY,))
    return {version: hour_at(looked or first) for version, first, looked in cursor}


def until(cursor: Any, version: str, hour: int, over: int) -> tuple[int, bool]:
    """The hour before which there is something to look at, and whether more waits to be counted.

    It is not after `hour`, the next one to look at, where there is nothing. Hours that are marked
    wait until they are counted. A version whose rows have ended is looked at while an outcome of it
    falls due, and while nobody else has answered since, for a while.
    """
    cursor.execute(_MARKED, (time_of(hour), time_of(over)))
    ((marked,),) = cursor.fetchall()
    end = over if marked is None else hour_at(marked)
    if end > hour:
        end = min(end, _relevant(cursor, version, end))
    return end, marked is not None


def _relevant(cursor: Any, version: str, end: int) -> int:
    """The hour from which nothing more is to be expected, by what there is before `end`."""
    cursor.execute(_LAST, (version, time_of(end)))
    ((found,),) = cursor.fetchall()
    last = hour_at(found)
    cursor.execute(_LAST_DUE, (version,))
    ((due_on,),) = cursor.fetchall()
    # The day's cases are looked at when it is over.
    due = 0 if due_on is None else _midnight(due_on) + DAY
    silent = last + 1 + OUTAGE if heir(cursor, end) == (last, version) else 0
    return max(last + 1, due, silent)


def _midnight(day: date) -> int:
    return hour_at(datetime.combine(day, time(), UTC))
