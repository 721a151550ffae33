"""A round: bundles and reports are taken up, marked hours are counted, and then looked at."""

import time
from datetime import date, datetime
from typing import NamedTuple

from psycopg2 import errors

from db.log.errors import PostgresAway
from db.rollup import rolling
from db.rollup.span import HOUR_OF
from monitor import clock
from monitor.database import Database, MonitorConnection
from monitor.errors import MonitorError, RollupBusy
from monitor.incidents.watched import Watched, Watcher
from monitor.references import References

# A day of millions of rows takes longer than a statement of a service may.
_PATIENCE = "SET LOCAL statement_timeout = '15min'"
# Each statement sees what was committed before it, whatever the database's default is.
_FRESH = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
_ENDED = """
    UPDATE rollup_state SET as_of = coalesce(%s, now()), rolled_at = now(), hours = %s, seconds = %s
    RETURNING as_of
"""
_MARK_ALL = f"""
    INSERT INTO rollup_mark
    SELECT hour FROM rollup_hour WHERE part = 'live'
    UNION SELECT hour FROM outcome_hour WHERE part = 'live'
    UNION SELECT {HOUR_OF}
    FROM prediction_log"""  # noqa: S608 -- a text of our own


class Round(NamedTuple):
    """What a round did."""

    days: int
    hours: int
    pending: int
    """Hours that are still marked, as those of which rows are being written."""
    seconds: float
    """For the counting."""
    watched: Watched = Watched()


def run(
    database: Database,
    references: References,
    as_of: datetime | None = None,
    watching: Watcher | None = None,
) -> Round:
    """Do one round; `as_of` is its business time: where it is None the one that is held, or now.

    Each day is a transaction of its own: whatever ends the round, what was counted stays, and the
    next one goes on from there; so is each look. Raises RollupBusy, another MonitorError, or
    PostgresAway.
    """
    began = time.perf_counter()
    with database.connection() as connection:
        references.keep(connection)
        _settle(connection)
        with connection.attempt(), connection.cursor() as cursor:
            as_of = as_of or clock.held(connection)
            days = rolling.pending_days(cursor)
        hours = sum(_count(connection, day) for day in days)
        seconds = time.perf_counter() - began
        with connection.attempt():
            ((pending,),) = connection.rows("SELECT count(DISTINCT hour) FROM rollup_mark")
            ((ended,),) = connection.rows(_ENDED, (as_of, hours, seconds))
        done = Round(len(days), hours, pending, seconds)
        if watching is None:
            return done
        # A time that was given is one by which all of before has been fed.
        watched = watching.run(connection, ended, exact=as_of is not None)
    return done._replace(watched=watched)


def mark_all(database: Database) -> None:
    """Mark every hour that has rows or counts, for the next round; raises PostgresAway."""
    with database.connection() as connection, connection.attempt():
        connection.execute(_PATIENCE)
        connection.execute(_MARK_ALL)


def _settle(connection: MonitorConnection) -> None:
    """Mark the hours of which reports came; where one is being stored for long, the next time."""
    try:
        with connection.attempt():
            ((settled,),) = connection.rows("SELECT settled_outcomes()")
    except PostgresAway as error:
        if isinstance(error.__cause__, errors.LockNotAvailable):
            return
        raise
    with connection.attempt():
        _enter(connection)
        with connection.cursor() as cursor:
            rolling.settle(cursor, settled)


def _count(connection: MonitorConnection, day: date) -> int:
    with connection.attempt():
        _enter(connection)
        with connection.cursor() as cursor:
            if months := rolling.left_over(cursor):
                raise MonitorError(
                    f"{', '.join(months)} was taken off the log and not dropped: run"
                    " `python -m db retain` again, which ends what it began; until then nothing is"
                    " counted"
                )
            return rolling.roll(cursor, day)


def _enter(connection: MonitorConnection) -> None:
    connection.execute(_FRESH)
    connection.execute(_PATIENCE)
    with connection.cursor() as cursor:
        try:
            rolling.enter_gate(cursor)
        except errors.LockNotAvailable as error:
            raise RollupBusy(
                "another monitor counts, or `python -m db retain` takes a month off, and did not"
                " end in time: nothing is lost, the next round goes on"
            ) from error
