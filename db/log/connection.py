"""The one connection of the log: its session, its transactions, and what their errors mean."""

import io
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import connection as Connection  # noqa: N812 -- psycopg2 spells a class so

from contract.secret import SecretError
from db.log.errors import FormRefused, PartitionMissing, PostgresAway, RowsRefused
from db.log.form import Form
from db.log.reasons import reason
from db.log.remedies import remedy
from db.log.session import Session

logger = logging.getLogger("prediction_log")

# SQLSTATE classes that speak of a row: data exception, integrity constraint violation.
_CONTENT = ("22", "23")
# Those that speak of the columns of a statement: syntax or access rule, limits, unsupported.
_FORM = ("42", "54", "0A")
# Of these, what speaks of the whole table, function or role.
_ENVIRONMENT = {"42501", "42P01", "42883"}

_UNREADABLE = "have the migrator make the passwords first, or correct DATABASE_PASSWORD_FILE"
_SETTING = "correct `options` in DATABASE_URL"
_POOLER = "connect to Postgres itself, or through a pooler that works by transaction or by session"


class LogConnection:
    """Opened again whenever it is not open; every other error leaves it closed."""

    name = "prediction-log"
    """What the server's operator sees of it."""

    def __init__(self, url: str, password: Callable[[], str | None] | None) -> None:
        self._url = url
        self._password = password
        self._connection: Connection | None = None
        # Held while the socket is closed, so that `interrupt` never meets its number reused.
        self._closing = threading.Lock()
        self._begin = sql.Composed([])
        self._warned = False
        self.pooled = False
        """Whether each transaction may be in another session: then each makes its settings."""

    @property
    def is_open(self) -> bool:
        """Whether the last call left a connection that worked."""
        return self._connection is not None

    def open(self, *, reads: bool = False) -> None:
        """Connect, and make the session what the log needs; raises PostgresAway.

        `reads`: also to a server that takes no rows.
        """
        try:
            # Each time anew: it may have been changed since.
            password = self._password() if self._password else None
        except SecretError as error:
            raise PostgresAway(str(error), _UNREADABLE) from error
        with self.errors():
            session = Session(self._url, password, self.name, reads=reads)
            self._connection = psycopg2.connect(**session.parameters)
            # Each statement is its own transaction, in one round trip.
            self._connection.autocommit = True
            self._prepare(session)

    def execute(self, statement: sql.Composable | str, values: tuple[object, ...] = ()) -> int:
        """Run a statement; the rows that it touched."""
        with self._cursor() as cursor:
            cursor.execute(statement, values)
            return int(cursor.rowcount)

    def fetch(self, statement: sql.Composable | str) -> tuple[Any, ...]:
        """Run a query; its first row."""
        with self._cursor() as cursor:
            cursor.execute(statement)
            row: tuple[Any, ...] = cursor.fetchone()
            return row

    def copy(self, statement: str, payload: bytes) -> int:
        """Run a COPY FROM STDIN; the rows that it took."""
        with self._cursor() as cursor:
            cursor.copy_expert(statement, io.BytesIO(payload), size=len(payload))
            return int(cursor.rowcount)

    def text(self, statement: sql.Composable) -> str:
        """A statement as the server gets it."""
        with self._cursor() as cursor:
            return str(statement.as_string(cursor))

    def unit(self) -> AbstractContextManager[None]:
        """What one statement is in: a transaction of its own, or one with the settings."""
        return self.transaction() if self.pooled else nullcontext()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What several statements are in; committed at the end."""
        try:
            self.execute(self._begin if self.pooled else "BEGIN")
            yield
            self.execute("COMMIT")
        except (psycopg2.Error, RowsRefused):
            if self._connection is not None and not self._connection.closed:
                self.execute("ROLLBACK")
            raise

    @contextmanager
    def errors(self, form: Form | None = None) -> Iterator[None]:
        """Translate psycopg2's errors, and drop a connection that may be in any state.

        `form`: that of the rows which are being stored.
        """
        try:
            yield
        except errors.CheckViolation as error:
            # "No partition of relation found for row" has the same code, but names no constraint.
            refusal = RowsRefused if error.diag.constraint_name else PartitionMissing
            raise refusal(reason(error)) from error
        except psycopg2.Error as error:
            code = error.pgcode or ""
            if code.startswith(_CONTENT):
                raise RowsRefused(reason(error, form)) from error
            if form and code.startswith(_FORM) and code not in _ENVIRONMENT:
                raise FormRefused(reason(error, form), remedy(error)) from error
            self.close()
            raise PostgresAway(reason(error), remedy(error)) from error
        except PostgresAway:
            self.close()
            raise

    def interrupt(self) -> None:
        """From another thread: end a call that a silent server does not end."""
        with self._closing:
            connection = self._connection
            if connection is None or connection.closed:
                return
            # Where the call has just ended by itself, or the peer is gone, there is nothing to end.
            with (
                suppress(OSError, psycopg2.Error),
                socket.socket(fileno=os.dup(connection.fileno())) as peer,
            ):
                peer.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the connection, in whatever state."""
        with self._closing:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def _prepare(self, session: Session) -> None:
        """Make the settings and see that they hold; raises PostgresAway."""
        assert self._connection is not None
        # A pooler makes up the process that it names at the start.
        named = self._connection.info.backend_pid
        self.pooled = self.fetch("SELECT pg_backend_pid()") != (named,)
        settings = session.settings(local=self.pooled)
        self._begin = sql.SQL("BEGIN; {}").format(settings)
        try:
            self.execute(settings)
        except psycopg2.Error as error:
            if error.pgcode and error.pgcode.startswith(_CONTENT + _FORM):
                raise PostgresAway(f"a setting is refused: {reason(error)}", _SETTING) from error
            raise
        if wrong := self._wrong(session):
            raise PostgresAway(f"what the log sets does not stay: {', '.join(wrong)}", _POOLER)
        if session.overruled and not self._warned:
            self._warned = True
            logger.warning(
                "DATABASE_URL sets %s, and the log needs it otherwise: that of the URL is not used",
                ", ".join(session.overruled),
            )

    def _wrong(self, session: Session) -> list[str]:
        try:
            with self.unit():
                return session.wrong(self.fetch(session.question()))
        except psycopg2.OperationalError as error:
            if self.pooled and error.pgcode is None:
                # A pooler by statement ends the connection without a word.
                raise PostgresAway("the pooler ends a transaction's connection", _POOLER) from error
            raise

    def _cursor(self) -> Any:
        if self._connection is None:
            raise psycopg2.InterfaceError("not connected")
        return self._connection.cursor()
