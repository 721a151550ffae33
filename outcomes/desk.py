"""Where a service asks about outcomes: threads of its own, each with a connection of its own."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from db.log.errors import PostgresAway
from outcomes.connection import OutcomeConnection, is_gone
from outcomes.errors import OutcomesBusy, OutcomesUnavailable

logger = logging.getLogger("outcomes")

Result = TypeVar("Result")

_THREADS = 2
_MOST_WAITING = 16
# Within which everything is answered, one way or the other.
_SECONDS = 5.0
_PROBE_SECONDS = 0.5


class _Call:
    """One call: the connection that it has, while it has one."""

    def __init__(self) -> None:
        self.connection: OutcomeConnection | None = None
        self.late = threading.Event()

    def end(self) -> None:
        """Its time is over; where a silent server holds it, the connection is broken off."""
        self.late.set()
        if (connection := self.connection) is not None:
            connection.interrupt()


class OutcomeDesk:
    """Used by the event loop's thread. While Postgres is away it says so at once.

    That is found out by the first call, and asked again in the background: no other one waits.
    """

    def __init__(
        self, url: str, password: Callable[[], str | None], *, seconds: float = _SECONDS
    ) -> None:
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="outcomes")
        self._connections = [OutcomeConnection(url, password) for _ in range(_THREADS)]
        self._free: queue.SimpleQueue[OutcomeConnection] = queue.SimpleQueue()
        for connection in self._connections:
            self._free.put(connection)
        self._waiting = 0
        self._recovery: asyncio.Task[None] | None = None

    def admit(self) -> None:
        """Raise OutcomesUnavailable while Postgres is away, OutcomesBusy where too many wait."""
        if self._recovery is not None:
            raise OutcomesUnavailable("Postgres is away")
        if self._waiting >= _MOST_WAITING:
            raise OutcomesBusy("too many requests are waiting")

    async def ask(self, call: Callable[[OutcomeConnection], Result]) -> Result:
        """What the call returns, which runs in a thread; raises what it raises.

        Raises OutcomesUnavailable, after some seconds at most, where Postgres did not answer: what
        was to be stored may have been. OutcomesBusy as `admit`.
        """
        self.admit()
        try:
            return await self._run(call)
        except PostgresAway as error:
            if is_gone(error) and self._recovery is None:
                logger.warning("outcomes cannot be stored or shown: %s", error)
                self._recovery = asyncio.create_task(self._recover())
            raise OutcomesUnavailable(str(error)) from error

    async def _run(self, call: Callable[[OutcomeConnection], Result]) -> Result:
        loop = asyncio.get_running_loop()
        this = _Call()
        timer = loop.call_later(self._seconds, this.end)
        self._waiting += 1
        try:
            return await loop.run_in_executor(self._threads, self._work, call, this)
        finally:
            self._waiting -= 1
            timer.cancel()

    def _work(self, call: Callable[[OutcomeConnection], Result], this: _Call) -> Result:
        if this.late.is_set():
            raise OutcomesUnavailable("its turn did not come in time")
        connection = self._free.get_nowait()  # as many as there are threads
        this.connection = connection
        try:
            return call(connection)
        finally:
            this.connection = None
            self._free.put(connection)

    async def _recover(self) -> None:
        """Ask until Postgres answers."""
        answered = False
        while not answered:
            await asyncio.sleep(_PROBE_SECONDS)
            with suppress(PostgresAway, OutcomesUnavailable):
                await self._run(_probe)
                answered = True
        logger.info("outcomes can be stored and shown again")
        self._recovery = None

    async def close(self) -> None:
        """End what is under way; nothing can be asked afterwards."""
        if self._recovery is not None:
            self._recovery.cancel()
        for connection in self._connections:
            connection.interrupt()
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)
        for connection in self._connections:
            connection.close()


def _probe(connection: OutcomeConnection) -> None:
    with connection.attempt():
        connection.rows("SELECT 1")
