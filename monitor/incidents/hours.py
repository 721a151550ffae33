"""Hours as a diagnosis counts them, and times as people do."""

from datetime import UTC, datetime, timedelta

_ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)


def time_of(hour: float) -> datetime:
    """The time of a number of hours since 2000-01-01 00:00 UTC."""
    return _ORIGIN + _HOUR * hour


def hour_at(time: datetime) -> int:
    """The number of the hour that a time lies in."""
    return (time - _ORIGIN) // _HOUR
