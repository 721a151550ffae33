"""Telling the requests what became of their rows."""

import asyncio
import threading
from collections import deque
from collections.abc import Iterable

from db.log.counters import Counters
from db.log.errors import LogUnavailable
from db.log.spool import Batch, Waiter


class Settlement:
    """Settles batches from any thread; the futures belong to the event loop."""

    def __init__(self, counters: Counters, *, wait_seconds: float) -> None:
        self._counters = counters
        self._wait_seconds = wait_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._waiting: deque[tuple[float, Waiter]] = deque()
        self._settled = 0
        self.stuck = False
        """Whether a request waited in vain, and nothing was settled since."""

    @property
    def unsettled(self) -> int:
        """Rows that are somewhere between a request and its promise."""
        return self._counters.accepted - self._settled

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """The event loop that the futures belong to."""
        self._loop = loop

    def expect(self, waiter: Waiter, now: float) -> None:
        """In the event loop: from now on `waiter` waits, but not for ever."""
        self._waiting.append((now + self._wait_seconds, waiter))

    def expire(self, now: float) -> None:
        """In the event loop, now and then: end the waiting of those who waited long enough."""
        while self._waiting and (self._waiting[0][0] <= now or self._waiting[0][1].done()):
            _, waiter = self._waiting.popleft()
            if not waiter.done():
                self.stuck = True
                reason = f"the log took longer than {self._wait_seconds:g} s"
                waiter.set_exception(LogUnavailable(reason))

    def begin_anew(self) -> None:
        """What requests waited for in vain is mended: let the next ones in."""
        self.stuck = False

    def committed(self, batches: list[Batch]) -> None:
        """The rows are in Postgres."""
        self._counters.committed += _rows(batches)
        self._settle(batches, None)

    def spooled(self, batches: list[Batch]) -> None:
        """The rows are durable in the spool."""
        self._counters.spooled += _rows(batches)
        self._settle(batches, None)

    def refuse(self, batches: list[Batch], error: LogUnavailable) -> None:
        """The rows are nowhere."""
        self._settle(batches, error)

    def _settle(self, batches: list[Batch], error: LogUnavailable | None) -> None:
        if not batches:
            return
        with self._lock:
            self._settled += _rows(batches)
        self.stuck = False
        waiters = [waiter for batch in batches for waiter in batch.waiters]
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_resolve, waiters, error)


def _rows(batches: Iterable[Batch]) -> int:
    return sum(batch.rows for batch in batches)


def _resolve(waiters: Iterable[Waiter], error: LogUnavailable | None) -> None:
    for waiter in waiters:
        if waiter.done():
            continue  # its request is gone
        if error is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(error)
