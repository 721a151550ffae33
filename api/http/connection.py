"""One connection: requests come in, and are answered one at a time and in their order.

uvicorn's own class keeps headers, trailers and waiting requests without a bound, has no time limit
for who does not send a whole request, takes the body of an offered upgrade for a request, and
answers 400 for a whole request where the bytes behind it are none.
"""

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from api.http.deadline import Deadline
from api.http.exchange import Exchange
from api.http.problem_types import HEADERS_TOO_SLOW
from api.http.problems import Problem
from api.http.reader import Head, RequestReader, malformed
from api.http.refusal import refusing
from api.settings import ApiSettings

if TYPE_CHECKING:
    from starlette.types import ASGIApp
    from uvicorn import Config
    from uvicorn.server import ServerState

# Requests that may wait for the answer of the one before; the connection ends after the last.
_MAX_WAITING = 64
# After an early answer: how much and how long a client may go on sending, before it is cut off.
_LINGER_SECONDS = 30.0
_MAX_DISCARDED = 2**26
# A client that takes nothing of its answer for so long gets no more of it.
_SEND_SECONDS = 60.0

logger = logging.getLogger("api")


class Connection(asyncio.Protocol):
    """uvicorn makes one for each client, with these arguments."""

    def __init__(
        self,
        config: "Config",
        server_state: "ServerState",
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        settings: ApiSettings = app_state["settings"]
        self._app = cast("ASGIApp", config.loaded_app)
        self._server = server_state
        self._app_state = app_state
        self._root_path = config.root_path
        self._header_seconds = settings.header_timeout_seconds
        self._keep_alive_seconds = settings.keep_alive_seconds
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._reader = RequestReader(self, max_head=settings.max_header_bytes)
        self._deadline = Deadline(self._loop, self._missed)
        self._current: Exchange | None = None
        """The one that is being answered."""
        self._waiting: deque[Exchange] = deque()
        self._newest: Exchange | None = None
        """The one whose head was read last."""
        self._deaf = False
        """Whether what comes is no longer read."""
        self._at_end = False
        """Whether nothing can come any more, or nothing is waited for."""
        self._last = False
        """Whether the client wants no answer after that to its newest request."""
        self._discarded = 0
        self._paused = False
        self.congestion: asyncio.Future[None] | None = None
        """Done once the client takes what was sent to it; None while it does."""

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the first request has to come in time."""
        self._transport = cast("asyncio.Transport", transport)
        self._base = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "scheme": "http",
            "server": transport.get_extra_info("sockname"),
            "client": transport.get_extra_info("peername"),
            "root_path": self._root_path,
        }
        self._server.connections.add(self)  # type: ignore[arg-type]  # uvicorn names its own classes
        self._deadline.within(self._header_seconds)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's signature
        """End: whoever works for the client learns that it is gone."""
        self._server.connections.discard(self)
        self._deaf = True
        self._deadline.close()
        for exchange in (self._current, *self._waiting):
            if exchange is not None:
                exchange.leave()
        self._waiting.clear()
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        """Read; `request_begins` and the exchanges do the rest."""
        if self._deaf:
            self.discarded(len(data))
            return
        began_with_it = self._reader.between
        try:
            self._reader.read(data)
        except Problem as problem:
            self._stop_reading(problem)
            return
        if began_with_it and self._reader.in_head and self._current is None:
            self._deadline.within(self._header_seconds)

    def eof_received(self) -> bool:
        """The client sends no more; it may still wait for the answers to what it sent."""
        if self._current is None or not self._current.complete:
            return False
        self._deaf = self._at_end = True
        if self._waiting and not self._waiting[-1].complete:
            self._waiting.pop()
        (self._waiting[-1] if self._waiting else self._current).keep_alive = False
        return True

    def pause_writing(self) -> None:
        """The client does not take what is sent to it."""
        self.congestion = self._loop.create_future()
        self._deadline.within(_SEND_SECONDS)

    def resume_writing(self) -> None:
        """It does again."""
        congestion, self.congestion = self.congestion, None
        if congestion is None:
            return
        congestion.set_result(None)
        if self._current is None or self._current.over:
            self._deadline.within(_LINGER_SECONDS)
        else:
            self._deadline.lift()

    # What uvicorn's server calls

    def shutdown(self) -> None:
        """Answer what has been read, then close."""
        self._at_end = True
        if self._current is None or self._newest is None or self._current.over:
            self._transport.close()
        else:
            self._newest.keep_alive = False

    # What the reader calls

    def request_begins(self, head: Head) -> Exchange:
        """Answer it at once, or after those before it."""
        if len(self._waiting) >= _MAX_WAITING:
            raise malformed("too many requests wait for their answers")
        path = head.path.decode("ascii")
        scope = {
            **self._base,
            "http_version": head.version,
            "method": head.method,
            "path": self._full_path(unquote(path) if "%" in path else path),
            "raw_path": head.path,
            "query_string": head.query,
            "headers": head.headers,
            "state": self._app_state.copy(),
        }
        exchange = Exchange(self, scope, self._app, keep_alive=head.persistent)
        exchange.awaits_continue = head.expects_continue
        self._last = not head.persistent
        self._newest = exchange
        if self._current is None:
            self._start(exchange)
        else:
            self._waiting.append(exchange)
            self.pause_reading()
        return exchange

    # What the exchange calls

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """The date, and what every answer carries."""
        return self._server.default_headers

    def write(self, data: bytes) -> None:
        """Send."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def pause_reading(self) -> None:
        """There is more than anybody reads."""
        if not (self._paused or self._transport.is_closing()):
            self._paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Somebody waits for more."""
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def discarded(self, size: int) -> None:
        """A client that has its answer goes on sending: up to a bound that is let go."""
        self._discarded += size
        if self._discarded > _MAX_DISCARDED:
            self._transport.abort()

    def ended(self, exchange: Exchange) -> None:
        """Its answer is sent, and its request read to the end: go on, or close."""
        if not exchange.keep_alive:
            self._close()
        elif self._waiting:
            self._start(self._waiting.popleft())
        else:
            self._current = None
            self.resume_reading()
            in_head = self._reader.in_head
            self._deadline.within(self._header_seconds if in_head else self._keep_alive_seconds)

    # Answering

    def _start(self, exchange: Exchange) -> None:
        self._current = exchange
        self._discarded = 0
        if self.congestion is None:
            self._deadline.lift()
        task = self._loop.create_task(self._answer(exchange))
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    async def _answer(self, exchange: Exchange) -> None:
        try:
            await exchange.run()
        except asyncio.CancelledError:
            # A stop that has waited long enough; the loop is to find nothing open at its end.
            self._transport.abort()
            raise
        except Exception:
            fields = {"request_id": exchange.scope["state"].get("request_id")}
            logger.exception("an answer broke off", extra={"fields": fields})
        if self._transport.is_closing():
            return
        if not exchange.answered:
            self._transport.abort()
            return
        self._server.total_requests += 1
        if exchange.complete or not exchange.keep_alive:
            self.ended(exchange)
        else:
            # The rest of its body may come or not, but not for ever.
            self.resume_reading()
            self._deadline.within(_LINGER_SECONDS)

    def _full_path(self, path: str) -> str:
        """As ASGI wants it, with the prefix, whether the proxy takes that away or not."""
        root = self._root_path
        return path if not root or path == root or path.startswith(f"{root}/") else root + path

    # Ending

    def _stop_reading(self, problem: Problem) -> None:
        """Answer what was read whole before; then comes the problem, or the end."""
        newest, in_body = self._newest, not (self._reader.between or self._reader.in_head)
        self._hear_no_more()
        if in_body and newest is not None and not newest.answered:
            newest.refuse(problem)
        elif self._current is None:
            self._start(self._refusal(problem))
        elif self._current.answered:
            self._close()

    def _refusal(self, problem: Problem) -> Exchange:
        scope = {
            **self._base,
            "http_version": "1.1",
            "method": "-",
            "path": self._reader.url.split(b"?")[0].decode("latin-1"),
            "query_string": b"",
            "headers": [],
            "state": self._app_state.copy(),
        }
        exchange = Exchange(self, scope, refusing(problem), keep_alive=False)
        exchange.complete = True
        return exchange

    def _hear_no_more(self) -> None:
        self._deaf = True
        if self._newest is not None:
            self._newest.keep_alive = False

    def _close(self) -> None:
        """End the connection; a client that still sends is to find its answer, not a reset.

        Data that wait unread when a socket is closed make the kernel send a reset, which overtakes
        the answer: so the other end is told that no more comes, and what it sends is let go for a
        while (RFC 9112, section 9.6).
        """
        self._current = None
        self._deadline.within(_LINGER_SECONDS)
        if self._at_end or (self._last and self._reader.between and not self._deaf):
            self._transport.close()
            return
        self._deaf = True
        self.resume_reading()
        self._transport.write_eof()

    def _missed(self) -> None:
        """The deadline is over."""
        if self._transport.is_closing() or self._deaf or self.congestion is not None:
            self._transport.abort()
        elif self._current is None and self._reader.in_head:
            detail = f"the headers did not arrive within {self._header_seconds:g} seconds"
            self._stop_reading(Problem(HEADERS_TOO_SLOW, detail, headers={"Connection": "close"}))
        else:
            self._close()
