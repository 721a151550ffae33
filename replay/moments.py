"""Times of a stream, as whole microseconds since 1970 in UTC."""

from datetime import UTC, datetime, timedelta

from contract.case import moment

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
HOUR, DAY = 3_600_000_000, 86_400_000_000


def microseconds(text: str) -> int | None:
    """The time that the text is, as RFC 3339 writes it; None where it is none."""
    found = moment(text)
    return None if found is None else number_of(found)


def number_of(found: datetime) -> int:
    """The number of a time."""
    return (found - EPOCH) // _MICROSECOND


def moment_of(number: int) -> datetime:
    """The time with this number."""
    return EPOCH + timedelta(microseconds=number)


def text_of(number: int) -> str:
    """The time as RFC 3339 writes it, in UTC; without what is zero of its seconds."""
    text = moment_of(number).isoformat()
    return text.removesuffix("+00:00") + "Z"
