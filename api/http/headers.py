"""The headers that a caller may send along: ids, times, references."""

import itertools
import re
import secrets

from api.http.problem_types import INVALID_HEADER
from api.http.problems import Problem
from contract.case import MAX_REFERENCE, is_reference, moment

Headers = dict[bytes, bytes]

# Unique by the process's random part; uuid4 would ask the operating system for each request.
_PROCESS = secrets.token_hex(10)
_REQUESTS = itertools.count()

_REQUEST_ID = re.compile(rb"[!-~]{1,128}")
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


def event_time(headers: Headers) -> str | None:
    """The caller's business time, ISO 8601 in UTC; raises Problem."""
    return _time(headers.get(b"x-event-time"), "X-Event-Time")


def outcome_due(headers: Headers) -> str | None:
    """When the caller says that the outcome is due, ISO 8601 in UTC; raises Problem."""
    return _time(headers.get(b"x-outcome-due"), "X-Outcome-Due")


def _time(sent: bytes | None, name: str) -> str | None:
    if sent is None:
        return None
    found = moment(sent.decode("latin-1"))
    if found is None:
        raise _invalid(
            name, "a time of RFC 3339 with its offset, from 2000 to 2099, as 2026-11-23T13:11:10Z"
        )
    return found.isoformat()


def trace_id(headers: Headers) -> str | None:
    """The trace id of a valid `traceparent`; one that is not valid is as none."""
    match = _TRACEPARENT.fullmatch(headers.get(b"traceparent", b""))
    if match is None or (match[2] and match[0].startswith(b"00")):
        return None
    return match[1].decode("ascii")


def _invalid(name: str, allowed: str) -> Problem:
    return Problem(
        INVALID_HEADER,
        f"{name} must be {allowed}",
        members={"header": name},
        rules=[(f"header:{name}", INVALID_HEADER.name)],
    )
