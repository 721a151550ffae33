"""The body of a request, read within its limit."""

import asyncio
import re
from collections.abc import Callable

from starlette.requests import ClientDisconnect, Request

from api.http.eager import Begun
from api.http.problem_types import BODY_TOO_LARGE, BODY_TOO_SLOW, UNSUPPORTED_MEDIA_TYPE
from api.http.problems import Problem
from api.settings import ApiSettings

# RFC 9110, section 8.3.1: the type, and parameters of which some may be empty.
_MEDIA_TYPE = re.compile(rb"[ \t]*([!-~]+?/[!-~]+?)[ \t]*(;.*)?", re.DOTALL)
_CHARSET = re.compile(rb';[ \t]*charset[ \t]*=[ \t]*"?([^";, \t]*)"?', re.IGNORECASE)
# JSON is UTF-8 (RFC 8259, section 8.1), by whatever name, or a part of it.
_UTF_8 = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii"})

# The rest of the body is not read, so nothing else can come on this connection.
_CLOSE = {"Connection": "close"}


def check_media_type(headers: dict[bytes, bytes]) -> None:
    """Raise a Problem unless the body is declared as plain JSON in UTF-8."""
    media_type = headers.get(b"content-type", b"")
    if media_type == b"application/json" and b"content-encoding" not in headers:
        return
    if reason := _unsupported(media_type, headers.get(b"content-encoding", b"")):
        raise Problem(
            UNSUPPORTED_MEDIA_TYPE,
            f"{reason}: send application/json, in UTF-8, without a Content-Encoding",
            headers={"Accept": "application/json"},
            rules=[("", UNSUPPORTED_MEDIA_TYPE.name)],
        )


def _unsupported(media_type: bytes, encoding: bytes) -> str | None:
    """What is wrong with a declaration, None where nothing is."""
    if encoding.strip().lower() not in (b"", b"identity"):
        return "the body has a Content-Encoding"
    if not media_type.strip():
        return "there is no Content-Type"
    match = _MEDIA_TYPE.fullmatch(media_type)
    if match is None or match[1].lower() != b"application/json":
        return "the Content-Type is another one"
    charset = _CHARSET.search(match[2] or b"")
    if charset and charset[1].lower() not in _UTF_8:
        return "the charset of the Content-Type is another one"
    return None


async def read_body(
    request: Request,
    declared: bytes,
    settings: ApiSettings,
    hold: Callable[[int], None],
    limit: int | None = None,
) -> bytes:
    """The whole body, within BODY_TIMEOUT_SECONDS and `limit` bytes, or MAX_BODY_BYTES.

    `declared` is its Content-Length. A body that does not come in one piece is told to `hold`
    piece by piece. Raises a Problem as soon as the body is declared or seen to be larger, late or
    more than there is room for; ClientDisconnect where the client is gone before its end.
    """
    limit = settings.max_body_bytes if limit is None else limit
    if declared.isdigit() and int(declared[:20]) > limit:
        raise _too_large(limit)
    reading = Begun(_read(request, limit, hold))
    if reading.done:
        # As nearly always: the body came with its headers. A timer costs a twentieth of a request.
        return await reading
    try:
        async with asyncio.timeout(settings.body_timeout_seconds):
            return await reading
    except TimeoutError as error:
        raise Problem(
            BODY_TOO_SLOW,
            f"the body did not arrive within {settings.body_timeout_seconds:g} seconds",
            headers=_CLOSE,
            rules=[("", BODY_TOO_SLOW.name)],
        ) from error


async def _read(request: Request, limit: int, hold: Callable[[int], None]) -> bytes:
    pieces: list[bytes] = []
    size, more = 0, True
    while more:
        piece, more = await _piece(request)
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        if more or pieces:
            hold(len(piece))
        pieces.append(piece)
    return b"".join(pieces)


async def _piece(request: Request) -> tuple[bytes, bool]:
    """What has arrived, and whether more is to come."""
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


def _too_large(limit: int) -> Problem:
    detail = f"the body is over {limit:,} bytes, the limit of this service"
    return Problem(BODY_TOO_LARGE, detail, headers=_CLOSE, rules=[("", BODY_TOO_LARGE.name)])
