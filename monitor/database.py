"""Connections of the role `monitor`, each used by one thread at a time."""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, Protocol

import psycopg2

from db.log.errors import PostgresAway
from db.log.reasons import is_read_only
from monitor.watchdog import ended_after
from outcomes.connection import OutcomeConnection


class MonitorConnection(OutcomeConnection):
    """A connection of the monitor."""

    name = "monitor"

    def __init__(self, url: str, password: Callable[[], str | None]) -> None:
        super().__init__(url, password)
        self.only_reads = False
        """Whether there is no server that takes what is written; then it is not kept for long."""

    def open(self, *, reads: bool = False) -> None:
        """Connect; where no server takes what is written, to one that can be read.

        The page goes on, and whoever writes hears from Postgres why not.
        """
        self.only_reads = reads
        try:
            super().open(reads=reads)
        except PostgresAway as error:
            cause = error.__cause__
            if reads or not isinstance(cause, psycopg2.Error) or not is_read_only(cause):
                raise
            self.open(reads=True)

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """A cursor of the driver's, in the transaction that is under way."""
        with self._cursor() as cursor:
            yield cursor


class Reader(Protocol):
    """What a connection in a snapshot can do for whoever only reads."""

    def rows(self, statement: str, values: Any = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        ...


class Database:
    """As many connections as are wanted at once; they are kept, and opened again when broken.

    `patience`: seconds after which a snapshot is given up, unless it is taken with another; none
    where it may take as long as it wants.
    """

    def __init__(
        self, url: str, password: Callable[[], str | None], patience: float | None = None
    ) -> None:
        self._url = url
        self._password = password
        self._patience = patience
        self._free: queue.SimpleQueue[MonitorConnection] = queue.SimpleQueue()

    @contextmanager
    def connection(self) -> Iterator[MonitorConnection]:
        """A connection of one's own, in no transaction."""
        connection = MonitorConnection(self._url, self._password)
        with suppress(queue.Empty):
            connection = self._free.get_nowait()
        try:
            yield connection
        finally:
            if connection.only_reads:
                connection.close()
            self._free.put(connection)

    @contextmanager
    def snapshot(self, seconds: float | None = None) -> Iterator[MonitorConnection]:
        """A transaction that only reads, all of it as of one moment.

        Raises PostgresAway where Postgres cannot be reached, refuses to work, or is silent for
        longer than `seconds`: a frozen server ends no statement by itself.
        """
        seconds = seconds or self._patience
        with (
            self.connection() as connection,
            nullcontext() if seconds is None else ended_after(seconds, connection.interrupt),
            connection.attempt(),
        ):
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield connection

    def close(self) -> None:
        """Let go of those that nobody uses."""
        with suppress(queue.Empty):
            while True:
                self._free.get_nowait().close()
