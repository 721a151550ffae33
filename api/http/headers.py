"""The headers that a caller may send along: ids, times, references."""

import itertools
import re
import secrets
from datetime import UTC, datetime

from api.http.problem_types import INVALID_HEADER
from api.http.problems import Problem

Headers = dict[bytes, bytes]

# Unique by the process's random part; uuid4 would ask the operating system for each request.
_PROCESS = secrets.token_hex(10)
_REQUESTS = itertools.count()

_REQUEST_ID = re.compile(rb"[!-~]{1,128}")
MAX_REFERENCE = 200
EVENT_TIME = (
    r"^20[0-9]{2}-[01][0-9]-[0-3][0-9][Tt ]"
    r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
"""RFC 3339, section 5.6; the offset is what makes it a moment.

Of this century only: anything far from today is a mistake, and Python could not read a row from
before the year 1 or after 9999 out of the log.
"""
_EVENT_TIME = re.compile(EVENT_TIME)
# W3C Trace Context, level 1: version, trace id, parent id, flags; a later version may add parts.
_TRACEPARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?"
)


def request_id(headers: Headers) -> str:
    """The caller's X-Request-ID where it is 1 to 128 printable characters, else a new one."""
    sent = headers.get(b"x-request-id", b"")
    return (
        sent.decode("ascii") if _REQUEST_ID.fullmatch(sent) else f"{_PROCESS}{next(_REQUESTS):012x}"
    )


def client_reference(headers: Headers) -> str | None:
    """The caller's own name for the request; raises Problem."""
    sent = headers.get(b"x-client-reference")
    if sent is None:
        return None
    reference = _text(sent)
    if not (reference and is_reference(reference)):
        raise _invalid("X-Client-Reference", f"1 to {MAX_REFERENCE} printable characters")
    return reference


def _text(sent: bytes) -> str:
    """The text of a header: UTF-8, as a body's is, or what older clients send (RFC 9110, 5.5)."""
    try:
        return sent.decode()
    except UnicodeDecodeError:
        return sent.decode("latin-1")


def is_reference(text: str) -> bool:
    """Whether a row can keep it as its caller's reference."""
    return len(text) <= MAX_REFERENCE and text.isprintable()


def event_time(headers: Headers) -> str | None:
    """The caller's business time, ISO 8601 in UTC; raises Problem.

    Postgres refuses offsets of 16 hours and more, which RFC 3339 allows.
    """
    sent = headers.get(b"x-event-time")
    if sent is None:
        return None
    moment = _moment(sent.decode("latin-1"))
    if moment is None:
        raise _invalid(
            "X-Event-Time",
            "a time of RFC 3339 with its offset, from 2000 to 2099, as 2026-11-23T13:11:10Z",
        )
    return moment.isoformat()


def trace_id(headers: Headers) -> str | None:
    """The trace id of a valid `traceparent`; one that is not valid is as none."""
    match = _TRACEPARENT.fullmatch(headers.get(b"traceparent", b""))
    if match is None or (match[2] and match[0].startswith(b"00")):
        return None
    return match[1].decode("ascii")


def _moment(text: str) -> datetime | None:
    if not _EVENT_TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except ValueError:
        return None  # as the 30th of February


def _invalid(name: str, allowed: str) -> Problem:
    return Problem(
        INVALID_HEADER,
        f"{name} must be {allowed}",
        members={"header": name},
        rules=[(f"header:{name}", INVALID_HEADER.name)],
    )
