"""The one connection that writes the log, and what its errors mean."""

import io
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import connection as Connection  # noqa: N812 -- psycopg2 spells a class so

from contract.secret import SecretError
from db.log.errors import FormRefused, PartitionMissing, PostgresAway, RowsRefused
from db.log.form import Form
from db.log.reasons import reason
from db.log.session import parameters

TABLE = sql.Identifier("prediction_log")
_BATCH = sql.Identifier("prediction_log_batch")

# SQLSTATE classes that speak of a row: data exception, integrity constraint violation.
_CONTENT = ("22", "23")
# Those that speak of the columns of a statement: syntax or access rule, limits, unsupported.
_FORM = ("42", "54", "0A")
# Of these, what speaks of the whole table, function or role.
_ENVIRONMENT = {"42501", "42P01", "42883"}

_MOST_STATEMENTS = 16


class PostgresLog:
    """Writes batches of COPY text lines to prediction_log, in one transaction each."""

    def __init__(self, url: str, password: Callable[[], str | None] | None) -> None:
        self._url = url
        self._password = password
        self._connection: Connection | None = None
        # Held while the socket is closed, so that `interrupt` never meets its number reused.
        self._closing = threading.Lock()
        self._copies: dict[tuple[str, Form], str] = {}

    @property
    def connected(self) -> bool:
        """Whether the last call left a connection that worked."""
        return self._connection is not None

    def connect(self) -> None:
        """Connect, and make this and the next month's partition.

        Raises PostgresAway.
        """
        try:
            # Each time anew: it may have been changed since.
            password = self._password() if self._password else None
        except SecretError as error:
            raise PostgresAway(str(error)) from error
        with self._errors():
            self._connection = psycopg2.connect(**parameters(self._url, password))
            # Each statement is its own transaction, in one round trip.
            self._connection.autocommit = True
            self._execute(
                "SELECT ensure_prediction_log_partition(now()),"
                " ensure_prediction_log_partition(now() + interval '1 month')"
            )

    def copy(self, form: Form, payload: bytes) -> None:
        """Store rows that were never sent before.

        Raises PostgresAway; RowsRefused also where a row is there already: then `merge`.
        """
        with self._errors(form):
            self._copy(TABLE, form, payload)

    def merge(self, form: Form, payload: bytes, *, log_path: str = "spool") -> int:
        """Store the rows that are not there yet; how many those were.

        Raises PostgresAway or RowsRefused.
        """
        with self._errors(form), self._transaction():
            columns = sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
                for name, kind in form.columns
            )
            self._execute(
                sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(_BATCH, columns)
            )
            if self._copy(_BATCH, form, payload) != payload.count(b"\n"):
                # A line of "\\." ends a COPY, and its neighbours would be lost without a word.
                raise RowsRefused("they end before their last line")
            names = _names(form)
            return self._execute(
                sql.SQL(
                    "INSERT INTO {} ({}, log_path) SELECT {}, %s FROM {} ON CONFLICT DO NOTHING"
                ).format(TABLE, names, names, _BATCH),
                (log_path,),
            )

    def make_partitions(self, form: Form, payload: bytes) -> None:
        """Make the partitions that the rows of `payload` belong to.

        Raises PostgresAway or RowsRefused.
        """
        names = [name for name, _ in form.columns]
        if "predicted_at" not in names:
            raise RowsRefused("they have no predicted_at")
        place = names.index("predicted_at")
        fields = (line.split(b"\t") for line in payload.split(b"\n")[:-1])
        moments = {line[place] for line in fields if len(line) > place}
        months = {moment[:7]: moment.decode(errors="replace") for moment in moments}
        with self._errors():
            for moment in months.values():
                self._execute("SELECT ensure_prediction_log_partition(%s)", (moment,))

    def execute(self, statement: str, values: tuple[object, ...]) -> int:
        """Any other statement of the log's, in a transaction of its own; rows it touched.

        Raises PostgresAway or RowsRefused.
        """
        with self._errors():
            return self._execute(statement, values)

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

    def _copy(self, table: sql.Identifier, form: Form, payload: bytes) -> int:
        with self._cursor() as cursor:
            key = (table.string, form)
            statement = self._copies.get(key)
            if statement is None:
                # Quoting two dozen names costs more than copying a row.
                text = sql.SQL("COPY {} ({}) FROM STDIN").format(table, _names(form))
                if len(self._copies) >= _MOST_STATEMENTS:
                    self._copies.clear()
                statement = self._copies[key] = text.as_string(cursor)
            cursor.copy_expert(statement, io.BytesIO(payload), size=len(payload))
            return int(cursor.rowcount)

    def _execute(self, statement: sql.Composable | str, values: tuple[object, ...] = ()) -> int:
        with self._cursor() as cursor:
            cursor.execute(statement, values)
            return int(cursor.rowcount)

    def _cursor(self) -> Any:
        if self._connection is None:
            raise psycopg2.InterfaceError("not connected")
        return self._connection.cursor()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._execute("BEGIN")
        try:
            yield
            self._execute("COMMIT")
        except (psycopg2.Error, RowsRefused):
            if self._connection is not None and not self._connection.closed:
                self._execute("ROLLBACK")
            raise

    @contextmanager
    def _errors(self, form: Form | None = None) -> Iterator[None]:
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
                raise FormRefused(reason(error, form)) from error
            self.close()
            raise PostgresAway(reason(error)) from error


def _names(form: Form) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name, _ in form.columns)
