"""Hours as a diagnosis counts them, and times as people do."""

from datetime import datetime

from db.rollup.span import HOUR, ORIGIN


def time_of(hour: float) -> datetime:
    """The time of a number of hours since 2000-01-01 00:00 UTC."""
    return ORIGIN + HOUR * hour


def hour_at(time: datetime) -> int:
    """The number of the hour that a time lies in."""
    return (time - ORIGIN) // HOUR


def rfc3339(time: datetime) -> str:
    """A time in UTC as RFC 3339 writes it."""
    return time.isoformat().replace("+00:00", "Z")
