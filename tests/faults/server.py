"""A PostgreSQL server of our own, to be killed, frozen, stopped and filled."""

import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from local.postgres import LocalPostgres
from tests.conftest import free_port
from tests.faults.processes import is_gone, wait_until

_SETTINGS = {
    "max_connections": "30",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
}


class Server:
    """A durable cluster in `directory`, on a free port that stays the same over its restarts."""

    def __init__(self, directory: Path, **settings: str) -> None:
        self.directory = directory
        self._port = free_port()
        self._password = secrets.token_hex(8)
        self._settings = [f"{name}={value}" for name, value in (_SETTINGS | settings).items()]
        self._postgres = LocalPostgres(directory, port=self._port, password=self._password)
        self._running = False

    def twin(self, directory: Path) -> "Server":
        """Another server, with the same password, whose data is still to be copied from this."""
        other = Server(directory)
        other._password = self._password
        return other

    def start(self) -> None:
        """Start, and return when it takes connections."""
        self._postgres.start(*self._settings)
        self._running = True
        wait_until(self.answers, seconds=30, what="the database server answers")

    def answers(self) -> bool:
        """Whether it takes a connection now."""
        try:
            self.connect("postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """An orderly stop that does not wait for clients."""
        self._postgres.stop()
        self._running = False

    def kill(self) -> None:
        """SIGKILL to all its processes; no error where it is down already."""
        if not self._running:
            return
        victims = self._postgres.pids if self.answers() else []
        self._postgres.kill()
        self._running = False
        # As long as one lives, the next server refuses the data.
        wait_until(lambda: all(map(is_gone, victims)), seconds=10, what="the server is dead")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """SIGSTOP to all its processes; SIGCONT afterwards."""
        self._postgres.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._postgres.signal(signal.SIGCONT)

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """No session may write, but those that say so, as the superuser's here."""
        self._set_read_only("on")
        try:
            yield
        finally:
            self._set_read_only("off")

    def _set_read_only(self, value: str) -> None:
        self.sql("postgres", f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        self.sql("postgres", "SELECT pg_reload_conf()")

    def url(self, database: str) -> str:
        """Connection URL of the superuser."""
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self._port}/{database}"

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return self._port

    def connect(self, database: str) -> Any:
        """A connection of the superuser, who may write whatever the database's default says."""
        connection = psycopg2.connect(
            self.url(database), connect_timeout=5, options="-c default_transaction_read_only=off"
        )
        connection.autocommit = True
        return connection

    def sql(self, database: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement as superuser; its rows, if it gives any."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()
