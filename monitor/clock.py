"""Business time that stands still, as a replay wants it: held by a row, until it is let go."""

from datetime import UTC, datetime

from monitor.database import Database, Reader
from monitor.webhook.outbox import enlist_all

_HELD = "SELECT as_of FROM monitor_clock"
_HOLD = """
    INSERT INTO monitor_clock (as_of) VALUES (%s)
    ON CONFLICT (only_row) DO UPDATE SET as_of = excluded.as_of, held_at = now()"""
_RELEASE = "DELETE FROM monitor_clock RETURNING as_of"


def held(reader: Reader) -> datetime | None:
    """The business time of every round; None where it is now."""
    return _time(reader.rows(_HELD))


def hold(database: Database, as_of: datetime) -> None:
    """Let every round be as of this time. Raises PostgresAway."""
    with database.connection() as connection, connection.attempt():
        connection.execute(_HOLD, (as_of,))


def release(database: Database) -> datetime | None:
    """Let business time go on; where it was held, None if it was not. Raises PostgresAway."""
    with database.connection() as connection:
        # What was found until here is of a replay, and nobody is told of it.
        enlist_all(connection)
        with connection.attempt():
            return _time(connection.rows(_RELEASE))


def _time(rows: list[tuple[datetime]]) -> datetime | None:
    return rows[0][0].astimezone(UTC) if rows else None
