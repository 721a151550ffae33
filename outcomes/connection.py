"""A connection for outcomes: the log's session, of which nothing else is the log's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

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
