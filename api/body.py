"""The body of a request, read within its limit."""

import re

from starlette.requests import ClientDisconnect, Request

from api.problem_types import BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE
from api.problems import Problem

_JSON = re.compile(rb'application/json(?:[ \t]*;[ \t]*charset=(?:utf-8|"utf-8"))?', re.IGNORECASE)


def check_media_type(headers: dict[bytes, bytes]) -> None:
    """Raise a Problem unless the body is declared as plain JSON in UTF-8."""
    media_type = headers.get(b"content-type", b"")
    plain = headers.get(b"content-encoding", b"identity").lower() == b"identity"
    if not (plain and (media_type == b"application/json" or _JSON.fullmatch(media_type))):
        raise Problem(
            UNSUPPORTED_MEDIA_TYPE,
            UNSUPPORTED_MEDIA_TYPE.meaning,
            headers={"Accept": "application/json"},
            rules=[("", UNSUPPORTED_MEDIA_TYPE.name)],
        )


async def read_body(request: Request, declared: bytes, limit: int) -> bytes:
    """The whole body, at most `limit` bytes of it in memory; `declared` is its Content-Length.

    Raises a Problem as soon as the body is declared or seen to be larger, ClientDisconnect where
    the client is gone before its end.
    """
    if declared.isdigit() and int(declared[:20]) > limit:
        raise _too_large(limit)
    body, chunks, size = b"", [], 0
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body, more = message.get("body", b""), message.get("more_body", False)
        size += len(body)
        if size > limit:
            raise _too_large(limit)
        chunks.append(body)
    return body if len(chunks) == 1 else b"".join(chunks)


def _too_large(limit: int) -> Problem:
    detail = f"the body is over {limit:,} bytes, the limit of this service"
    return Problem(BODY_TOO_LARGE, detail, rules=[("", BODY_TOO_LARGE.name)])
