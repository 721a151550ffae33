"""A connection for outcomes: the log's session, of which nothing else is the log's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2 import sql

from db.log.connection import LogConnection
from db.log.errors import PostgresAway

# SQLSTATE classes that say that the connection, or the server, is at its end.
_GONE = ("08", "57P")


class OutcomeConnection(LogConnection):
    """Used by one thread; opened when it is needed, and again after it broke."""

    name = "outcomes"

    def rows(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._cursor() as cursor:
            cursor.execute(statement, values)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def batches(self, statement: sql.Composable, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a query, so many at a time, within a transaction."""
        assert self._connection is not None
        with self._connection.cursor() as cursor:
            cursor.execute(sql.SQL("DECLARE wanted NO SCROLL CURSOR FOR {}").format(statement))
            fetch = sql.SQL("FETCH {} FROM wanted").format(sql.Literal(size))
            while True:
                cursor.execute(fetch)
                if not (rows := cursor.fetchall()):
                    return
                yield rows

    @contextmanager
    def attempt(self, *, keep: bool = True) -> Iterator[None]:
        """A transaction, committed at the end if `keep`; whatever is raised in it undoes it.

        Raises PostgresAway where Postgres cannot be reached, or refuses to work.
        """
        with self.errors():
            if not self.is_open:
                self.open()
            self.execute(self._begin if self.pooled else "BEGIN")
            try:
                yield
                self.execute("COMMIT" if keep else "ROLLBACK")
            except BaseException:
                self._undo()
                raise

    def _undo(self) -> None:
        connection = self._connection
        if connection is not None and not connection.closed:
            self.execute("ROLLBACK")


def is_gone(error: PostgresAway) -> bool:
    """Whether Postgres itself is away, and not only one statement too slow for it."""
    cause = error.__cause__
    code = cause.pgcode if isinstance(cause, psycopg2.Error) else None
    return code is None or code.startswith(_GONE)
