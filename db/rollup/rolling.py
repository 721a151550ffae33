"""Counting hours: what a round does, and what a check does again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from db.rollup import predictions
from db.rollup.outcomes import OutcomeCounted, Unreported, count_outcomes
from db.rollup.predictions import Counted, Key, Reference
from db.rollup.references import references
from db.rollup.span import HOUR, HOUR_OF, Span
from db.rollup.tables import Tallies, added_up, hours, replace_day, replace_hours

# The months that a run of `retain` took off and did not drop: their rows are in no count.
_LEFT_OVER = """
    SELECT relname FROM pg_class LEFT JOIN pg_inherits ON inhrelid = oid
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
      AND relname ~ '^prediction_log_\\d{4}_\\d{2}$' AND (inhparent IS NULL OR inhdetachpending)
    ORDER BY relname"""

# The hours of the predictions of which reports came that settled_at does not cover yet. One that is
# not here yet brings a mark of its own.
_REPORTED = f"""
    WITH fresh AS MATERIALIZED (
        SELECT prediction_id, client_reference FROM outcome_event
        WHERE received_at > (SELECT settled_at FROM rollup_state) AND received_at <= %(settled)s
    )
    INSERT INTO rollup_mark (hour)
    SELECT DISTINCT {HOUR_OF}
    FROM fresh CROSS JOIN LATERAL (
        SELECT event_time, predicted_at FROM prediction_log AS by_id
        WHERE by_id.predicted_at = uuid_extract_timestamp(fresh.prediction_id)
          AND by_id.prediction_id = fresh.prediction_id
        UNION ALL
        SELECT event_time, predicted_at FROM prediction_log AS by_name
        WHERE by_name.client_reference = fresh.client_reference
    ) AS log"""  # noqa: S608 -- a text of our own

_TAKE = """
    DELETE FROM rollup_mark WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM rollup_mark WHERE hour >= %s AND hour < %s FOR UPDATE SKIP LOCKED))
    RETURNING hour"""


def enter_gate(cursor: Any) -> None:
    """Be the only one who counts, until the transaction ends; waits for as long as locks may."""
    cursor.execute("LOCK TABLE rollup_gate IN EXCLUSIVE MODE")


def left_over(cursor: Any) -> list[str]:
    """Months that are taken off and not dropped: while there is one, nothing may be counted."""
    cursor.execute(_LEFT_OVER)
    return [name for (name,) in cursor.fetchall()]


def settle(cursor: Any, settled: datetime) -> None:
    """Mark the hours of which reports have come by `settled`, as settled_outcomes() gives it."""
    cursor.execute("SET LOCAL enable_seqscan = off")
    cursor.execute(_REPORTED, {"settled": settled})
    cursor.execute("SET LOCAL enable_seqscan = on")
    cursor.execute(
        "UPDATE rollup_state SET settled_at = %(settled)s WHERE settled_at < %(settled)s",
        {"settled": settled},
    )


def pending_days(cursor: Any) -> list[date]:
    """Days with hours that are to be counted, the latest first."""
    cursor.execute(
        "SELECT DISTINCT (hour AT TIME ZONE 'UTC')::date FROM rollup_mark ORDER BY 1 DESC"
    )
    return [day for (day,) in cursor.fetchall()]


def roll(cursor: Any, day: date) -> int:
    """Count the marked hours of a day (UTC), and the day; how many hours there were.

    In a transaction of the caller's, READ COMMITTED and in the gate: each statement must see what
    was committed before it. A mark that a writer holds stays: its rows are counted again.
    """
    first = datetime.combine(day, time(), UTC)
    end = first + timedelta(days=1)
    cursor.execute(
        "SELECT DISTINCT hour FROM rollup_mark WHERE hour >= %s AND hour < %s", (first, end)
    )
    marked = {hour for (hour,) in cursor.fetchall()}
    cursor.execute(_TAKE, (first, end))
    # From here on: whoever went by a mark that is taken has committed.
    marked |= {hour for (hour,) in cursor.fetchall()}
    if marked:
        recount(cursor, sorted(marked))
    return len(marked)


def recount(cursor: Any, wanted: Sequence[datetime]) -> None:
    """Count these hours anew, with the days that they are of."""
    known = settled_at(cursor)
    versions = references(cursor)
    for span in Span.of(wanted):
        replace_hours(cursor, span.hours, "live", counted(cursor, span, versions, known))
        add_up(cursor, span.day)


def add_up(cursor: Any, wanted: date) -> None:
    """Make what is kept of a day the sum of what is kept of its hours."""
    replace_day(cursor, wanted, added_up(hours(cursor, hours_of(wanted)), wanted))


def counted(cursor: Any, span: Span, versions: Mapping[str, Reference], known: datetime) -> Tallies:
    """The counts of the span's rows in the log; of reports, what was received by `known`."""
    found: dict[Key, Counted] = {}
    outcomes: dict[Key, OutcomeCounted] = {}
    for version, callers in predictions.callers(cursor, span).items():
        others = Unreported(version, callers)
        found.update(
            predictions.count(
                *(cursor, span, version, callers),
                reference=versions.get(version),
                also=others.take,
            )
        )
        outcomes.update(others.counted)
        if others.reported:
            reported = replace(span, hours=tuple(sorted(others.reported)))
            outcomes.update(count_outcomes(cursor, reported, version, callers, known))
    return Tallies(found, outcomes)


def settled_at(cursor: Any) -> datetime:
    """By when reports must have been received to be counted."""
    cursor.execute("SELECT settled_at FROM rollup_state")
    ((moment,),) = cursor.fetchall()
    found: datetime = moment
    return found


def hours_of(day: date) -> list[datetime]:
    """The 24 hours of a day (UTC)."""
    first = datetime.combine(day, time(), UTC)
    return [first + HOUR * number for number in range(24)]
