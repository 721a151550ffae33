"""What a caller may say of a case beside its features: its name, its time, when its outcome is due.

Said for a whole request by headers, or for each instance of a batch by its `context`.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from contract.document import FieldError, JsonObject

MAX_REFERENCE = 200
MOMENT = (
    r"^20[0-9]{2}-[01][0-9]-[0-3][0-9][Tt ]"
    r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
"""RFC 3339, section 5.6; the offset is what makes it a moment.

Of this century only: anything far from today is a mistake, and Python could not read a row from
before the year 1 or after 9999 out of the log.
"""
_MOMENT = re.compile(MOMENT)

_TIME = "must be a time of RFC 3339 with its offset, from 2000 to 2099, or null"
MEMBERS = {
    "reference": f"must be 1 to {MAX_REFERENCE} printable characters with no space at either end,"
    " or null",
    "event_time": _TIME,
    "outcome_due": _TIME,
}
"""Each member of an instance's context, and what it may be."""


class Case(NamedTuple):
    """What is said of one instance; times are ISO 8601 in UTC."""

    reference: str | None = None
    event_time: str | None = None
    outcome_due: str | None = None


def is_reference(text: str) -> bool:
    """Whether a row can keep it as its caller's reference."""
    return len(text) <= MAX_REFERENCE and text.isprintable()


def moment(text: str) -> datetime | None:
    """The time that the text is, in UTC; None where it is none.

    Postgres refuses offsets of 16 hours and more, which RFC 3339 allows.
    """
    if not _MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except ValueError:
        return None  # as the 30th of February


def errors(sent: object, pointer: str) -> Iterator[FieldError]:
    """What is wrong with an instance's context, as `document.read` gives it."""
    if not isinstance(sent, JsonObject):
        yield FieldError(pointer, "invalid", "must be a JSON object")
        return
    yield from sent.errors({}, pointer, optional=MEMBERS.keys())
    for name, value in sent:
        if name in MEMBERS and not _is_right(name, value):
            yield FieldError(f"{pointer}/{name}", "invalid", MEMBERS[name])


def case_of(sent: JsonObject) -> Case:
    """The context of an instance, of which nothing is wrong."""
    given = dict(sent)
    return Case(
        given.get("reference"), _utc(given.get("event_time")), _utc(given.get("outcome_due"))
    )


def _is_right(name: str, value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, str):
        return False
    if name == "reference":
        return value != "" and is_reference(value) and value == value.strip(" ")
    return moment(value) is not None


def _utc(text: str | None) -> str | None:
    if text is None:
        return None
    found = moment(text)
    assert found is not None, "it was checked"
    return found.isoformat()
