"""Notes of people, written: what they know to have happened, and what they accept."""

from datetime import UTC, datetime

from contract.text import is_printable
from monitor.database import MonitorConnection
from monitor.errors import MonitorError
from monitor.incidents.acceptance import accepted, written
from monitor.incidents.reading import incident

MOST = 1000
_MOST_BY = 200

# Where the clock is held, that is what time it is.
_WRITE = """
    INSERT INTO operator_note (at, body, written_by)
    VALUES (coalesce(%s, (SELECT as_of FROM monitor_clock), now()), %s, %s)
    RETURNING note_id, at"""
_ACCEPTANCES = "SELECT body FROM operator_note WHERE starts_with(body, 'accept ')"


class NoteRefused(MonitorError):
    """The note cannot be kept as it is; the message says why, and quotes nothing of it."""


class Already(MonitorError):
    """There is nothing to accept any more."""


def write(
    connection: MonitorConnection, text: str, at: datetime | None, by: str | None
) -> tuple[int, datetime]:
    """Keep a note, at the monitor's business time where `at` is None: its number, and its time.

    Raises NoteRefused, or PostgresAway.
    """
    text = _checked("a note", text, MOST)
    if (incident_id := accepted(text)) is not None:
        raise NoteRefused(
            f"this would accept incident {incident_id}: write"
            f' `monitor accept {incident_id} --because "..."`, which looks whether it is open'
        )
    with connection.attempt():
        return _write(connection, text, at, by)


def accept(
    connection: MonitorConnection, incident_id: int, because: str, by: str | None
) -> tuple[int, datetime]:
    """Keep a note that accepts an incident, which the next look then closes; as `write`.

    Raises Already where it is closed or accepted, NoteRefused, or PostgresAway.
    """
    text = _checked("a reason", written(incident_id, _checked("a reason", because, MOST)), MOST)
    with connection.attempt():
        found = incident(connection, incident_id)
        if found is None:
            raise NoteRefused(f"there is no incident {incident_id}: `monitor incidents` lists them")
        if found.closed_at is not None:
            raise Already(f"incident {incident_id} was closed on {_said(found.closed_at)}")
        if incident_id in {accepted(body) for (body,) in connection.rows(_ACCEPTANCES)}:
            raise Already(f"incident {incident_id} is accepted already: the next look closes it")
        return _write(connection, text, None, by)


def _write(
    connection: MonitorConnection, text: str, at: datetime | None, by: str | None
) -> tuple[int, datetime]:
    if by is not None:
        by = _checked("a name", by, _MOST_BY)
    ((note_id, kept_at),) = connection.rows(_WRITE, (at, text, by))
    return note_id, kept_at.astimezone(UTC)


def _checked(what: str, text: str, most: int) -> str:
    text = text.strip()
    if not text or len(text) > most or not is_printable(text):
        raise NoteRefused(f"{what} is a line of 1 to {most:,} printable characters")
    return text


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
