"""One request and its answer, as ASGI sees them (ASGI 3.0, HTTP message format 2.3)."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from api.http.problems import Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Scope

# A body that nobody reads yet stops the reading of the connection here.
_HIGH_WATER = 65_536

_NO_BODY = frozenset({204, 304})
_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Wire(Protocol):
    """What an exchange needs of its connection."""

    @property
    def default_headers(self) -> Sequence[tuple[bytes, bytes]]:
        """Headers of every answer."""

    def write(self, data: bytes) -> None:
        """Send; what the client is no longer there to get is dropped."""

    @property
    def congestion(self) -> asyncio.Future[None] | None:
        """Done once the client takes what was sent to it; None while it does."""

    def pause_reading(self) -> None:
        """There is more of a body than anybody reads."""

    def resume_reading(self) -> None:
        """Somebody waits for the body."""

    def discarded(self, size: int) -> None:
        """A piece of a body came after its answer."""

    def ended(self, exchange: "Exchange") -> None:
        """The request that was answered early is read to its end."""


class Exchange:
    """The request's body comes in by `feed` and `finish`; the answer goes out through the wire.

    Used by the event loop's thread only; one coroutine at a time may `receive`.
    """

    __slots__ = (
        "_app",
        "_body",
        "_end_told",
        "_gone",
        "_head",
        "_left",
        "_refusal",
        "_started",
        "_waiter",
        "_wire",
        "answered",
        "awaits_continue",
        "complete",
        "keep_alive",
        "over",
        "scope",
    )

    def __init__(self, wire: Wire, scope: "Scope", app: "ASGIApp", *, keep_alive: bool) -> None:
        self._wire = wire
        self.scope = scope
        self._app = app
        self.keep_alive = keep_alive
        """Whether the connection goes on after the answer."""
        self.awaits_continue = False
        """Whether the client sends its body only after 100 (Continue)."""
        self.complete = False
        """Whether the request is read to its end."""
        self.answered = False
        """Whether the answer is sent to its end."""
        self.over = False
        """Whether the application has returned."""
        self._body = bytearray()
        self._end_told = False
        self._gone = False
        self._refusal: Problem | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._head: bytes | None = None
        self._started = False
        self._left = 0

    async def run(self) -> None:
        """Let the application answer; what it raises goes on to the caller."""
        try:
            await self._app(self.scope, self.receive, self.send)
        finally:
            self.over = True

    def feed(self, piece: bytes) -> None:
        """A piece of the body has arrived."""
        if self.answered:
            self._wire.discarded(len(piece))
            return
        self._body += piece
        if len(self._body) > _HIGH_WATER:
            self._wire.pause_reading()
        self._wake()

    def finish(self) -> None:
        """The body has arrived to its end."""
        self.complete = True
        if self.over:
            self._wire.ended(self)
        else:
            self._wake()

    def refuse(self, problem: Problem) -> None:
        """The rest of the body cannot be read: whoever waits for it gets the problem instead."""
        self._refusal = problem
        self.keep_alive = False
        self._wake()

    def leave(self) -> None:
        """The client is gone: nothing more comes, and nothing more can be sent."""
        self._gone = True
        self._wake()

    async def receive(self) -> "Message":
        """The next of the body; raises Problem where the rest of it cannot be read."""
        if self.awaits_continue and not (self._body or self.complete):
            self._wire.write(_CONTINUE)
        self.awaits_continue = False
        while not self._has_news():
            self._wire.resume_reading()
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self._gone or self.answered:
            return {"type": "http.disconnect"}
        if self._refusal is not None and not self.complete:
            raise self._refusal
        body, self._body = bytes(self._body), bytearray()
        self._end_told = self.complete
        return {"type": "http.request", "body": body, "more_body": not self.complete}

    async def send(self, message: "Message") -> None:
        """Send the answer's next part."""
        if self._wire.congestion is not None:
            await self._wire.congestion
        if self._gone:
            return
        if message["type"] == "http.response.start":
            self._head = self._begin(message["status"], message["headers"])
        else:
            self._send_body(message.get("body", b""), more=message.get("more_body", False))

    def _has_news(self) -> bool:
        ended = self.complete and not self._end_told
        refused = self._refusal is not None and not self._end_told
        return bool(self._body) or ended or refused or self._gone or self.answered

    def _begin(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
        if self._started:
            raise RuntimeError("the answer has begun already")
        self._started = True
        lines, length, closes = [_STATUS_LINES[status]], None, False
        for name, value in (*self._wire.default_headers, *headers):
            if name == b"content-length":
                length = int(value)
            elif name == b"connection" and value.lower() == b"close":
                closes = True
            lines += (name, b": ", value, b"\r\n")
        if self.scope["method"] == "HEAD" or status in _NO_BODY:
            length = 0
        # Without a length the end of the connection is the end of the body (RFC 9112, section 6.3).
        # A client that was not told to send its body may send it or not: nobody can tell.
        uncertain = self.awaits_continue and not self.complete
        self.keep_alive &= not closes and length is not None and not uncertain
        if not (self.keep_alive or closes):
            lines += (b"connection", b": ", b"close", b"\r\n")
        lines.append(b"\r\n")
        self._left = -1 if length is None else length
        head = b"".join(lines)
        ends = head.count(b"\r\n")
        if ends != lines.count(b"\r\n") + 1 or {head.count(b"\r"), head.count(b"\n")} != {ends}:
            raise RuntimeError("a header of the answer holds a line break")
        return head

    def _send_body(self, body: bytes, *, more: bool) -> None:
        if self._head is None and not self._started:
            raise RuntimeError("the answer has not begun")
        if self.scope["method"] == "HEAD":
            body = b""
        if self._left >= 0:
            self._left -= len(body)
            if self._left < 0 or (self._left and not more):
                raise RuntimeError("the answer is not as long as it says")
        # One write for the head and the body that follows it at once.
        head, self._head = self._head, None
        if head is not None or body:
            self._wire.write(head + body if head is not None else body)
        if not more:
            self.answered = True
            self._body.clear()
            self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
