"""Which messages there are, and what became of each: kept in Postgres, so that none is lost."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from contract.text import shown
from monitor.database import MonitorConnection

Event = Literal["incident.opened", "incident.diagnosed", "incident.closed"]

EVENTS: dict[str, Event] = {
    "opened": "incident.opened",
    "diagnosed": "incident.diagnosed",
    "ended": "incident.closed",
}
"""What a kind of record is called outside."""

HISTORY = timedelta(days=7)
"""What lies further back when it is found is nobody's alarm any more.

A weekend without a monitor is less, a log that is looked at for the first time is more.
"""
LEASE = timedelta(minutes=2)
"""For which an attempt is its sender's own: one that was killed is made again after it."""

_MOST_REASON = 500
# Each statement sees what was committed before it, whatever the database's default is.
_FRESH = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
_LAST = "SELECT coalesce(max(record_id), 0) FROM incident_record"
# What was there before the address is no news for whoever listens there.
_FIRST_USE = f"""
    INSERT INTO webhook_target (target, enlisted_until) VALUES (%s, ({_LAST}))
    ON CONFLICT DO NOTHING"""  # noqa: S608 -- texts of our own
_UNTIL = "SELECT enlisted_until FROM webhook_target WHERE target = %s"
# Records are numbered in the order of their commits: those up to a number are all there. An
# incident that was found while the clock was held stays one of a replay when the clock goes on.
_ENLIST = """
    INSERT INTO webhook_delivery (target, record_id, state, next_attempt_at)
    SELECT target, record_id, state, CASE WHEN state = 'pending' THEN now() END
    FROM (
        SELECT %(target)s AS target, record_id, CASE
            WHEN EXISTS (SELECT FROM monitor_clock) OR EXISTS (
                SELECT FROM webhook_delivery JOIN incident_record AS before USING (record_id)
                WHERE target = %(target)s AND state = 'held'
                  AND before.incident_id = record.incident_id
            ) THEN 'held'
            WHEN at < written_at - %(history)s THEN 'old'
            ELSE 'pending'
        END AS state
        FROM incident_record AS record
        WHERE record_id > %(after)s AND record_id <= %(until)s AND kind = ANY (%(kinds)s)
    ) AS found"""
_ENLISTED = "UPDATE webhook_target SET enlisted_until = %s WHERE target = %s"
# What is told of one incident is told in its order: it must not be open again after its end.
_CLAIM = """
    WITH due AS (
        SELECT target, record_id, incident_id, at, kind
        FROM webhook_delivery AS delivery JOIN incident_record AS record USING (record_id)
        WHERE target = %s AND state = 'pending' AND next_attempt_at <= now() AND NOT EXISTS (
            SELECT FROM webhook_delivery AS earlier JOIN incident_record AS other USING (record_id)
            WHERE earlier.target = delivery.target AND earlier.state = 'pending'
              AND earlier.record_id < delivery.record_id
              AND other.incident_id = record.incident_id
        )
        ORDER BY record_id LIMIT 1
        FOR UPDATE OF delivery SKIP LOCKED
    )
    UPDATE webhook_delivery AS delivery
    SET attempts = attempts + 1, next_attempt_at = now() + %s
    FROM due
    WHERE delivery.target = due.target AND delivery.record_id = due.record_id
    RETURNING due.record_id, message_id::text, attempts, incident_id, at, kind"""
_DELIVERED = """
    UPDATE webhook_delivery
    SET state = 'delivered', next_attempt_at = NULL, ended_at = now(), last_error = NULL
    WHERE target = %s AND record_id = %s AND state = 'pending'"""
# Where somebody else has taken it over in the meantime, his word counts.
_AGAIN = """
    UPDATE webhook_delivery SET next_attempt_at = now() + %s, last_error = %s
    WHERE target = %s AND record_id = %s AND state = 'pending' AND attempts = %s"""
_FAILED = """
    UPDATE webhook_delivery
    SET state = 'failed', next_attempt_at = NULL, ended_at = now(), last_error = %s
    WHERE target = %s AND record_id = %s AND state = 'pending' AND attempts = %s"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is to be sent now, by whoever claimed it. attempt: 1 for the first."""

    record_id: int
    message_id: UUID
    attempt: int
    incident_id: int
    at: datetime
    event: Event


def enlist_all(connection: MonitorConnection) -> None:
    """Make messages to every address that is known; raises PostgresAway."""
    with connection.attempt():
        targets = connection.rows("SELECT target FROM webhook_target")
    for (target,) in targets:
        Outbox(target).enlist(connection)


class Outbox:
    """The messages to one address, by the digest of its URL. Raises PostgresAway."""

    def __init__(self, target: str) -> None:
        self._target = target

    def enlist(self, connection: MonitorConnection) -> None:
        """Make messages of what was found since the last time."""
        with connection.attempt():
            connection.execute(_FRESH)
            connection.execute(_FIRST_USE, (self._target,))
            ((after,),) = connection.rows(_UNTIL, (self._target,))
            ((until,),) = connection.rows(_LAST)
            if until <= after:
                return
            # Whoever else enlists has done it when we hold the row.
            ((after,),) = connection.rows(f"{_UNTIL} FOR UPDATE", (self._target,))
            span = {"target": self._target, "after": after, "until": until}
            with connection.cursor() as cursor:
                cursor.execute(_ENLIST, span | {"kinds": list(EVENTS), "history": HISTORY})
            connection.execute(_ENLISTED, (max(after, until), self._target))

    def claim(self, connection: MonitorConnection) -> Claimed | None:
        """The next message that is due, which nobody else sends meanwhile; None where none is."""
        with connection.attempt():
            connection.execute(_FRESH)
            for record_id, message_id, attempt, incident_id, at, kind in connection.rows(
                _CLAIM, (self._target, LEASE)
            ):
                return Claimed(
                    *(record_id, UUID(message_id), attempt, incident_id),
                    *(at.astimezone(UTC), EVENTS[kind]),
                )
        return None

    def delivered(self, connection: MonitorConnection, claimed: Claimed) -> None:
        """The receiver took it."""
        with connection.attempt():
            connection.execute(_DELIVERED, (self._target, claimed.record_id))

    def undelivered(
        self, connection: MonitorConnection, claimed: Claimed, reason: str, wait: timedelta | None
    ) -> None:
        """It is to be tried again after a time; never, where that is None."""
        key = (shown(reason, _MOST_REASON - 3), self._target, claimed.record_id, claimed.attempt)
        with connection.attempt():
            if wait is None:
                connection.execute(_FAILED, key)
            else:
                connection.execute(_AGAIN, (wait, *key))
