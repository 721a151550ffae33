"""What the log does in Postgres: rows of a form go in, new ones fast, others by their key."""

from collections.abc import Callable

from psycopg2 import sql

from db.log.connection import LogConnection
from db.log.errors import RowsRefused
from db.log.form import Form

TABLE = sql.Identifier("prediction_log")
_BATCH = sql.Identifier("pg_temp", "prediction_log_batch")

_MOST_STATEMENTS = 16


class PostgresLog:
    """Writes batches of COPY text lines to prediction_log, in one transaction each."""

    def __init__(self, url: str, password: Callable[[], str | None] | None) -> None:
        self.connection = LogConnection(url, password)
        self._copies: dict[tuple[str, Form], str] = {}

    @property
    def connected(self) -> bool:
        """Whether the last call left a connection that worked."""
        return self.connection.is_open

    def connect(self) -> None:
        """Connect, and make this and the next month's partition.

        Raises PostgresAway.
        """
        self.connection.open()
        self.execute(
            "SELECT ensure_prediction_log_partition(now()),"
            " ensure_prediction_log_partition(now() + interval '1 month')",
            (),
        )

    def copy(self, form: Form, payload: bytes) -> None:
        """Store rows that were never sent before.

        Raises PostgresAway; RowsRefused also where a row is there already: then `merge`.
        """
        with self.connection.errors(form), self.connection.unit():
            self._copy(TABLE, form, payload)

    def merge(self, form: Form, payload: bytes, *, log_path: str = "spool") -> int:
        """Store the rows that are not there yet; how many those were.

        Raises PostgresAway or RowsRefused.
        """
        with self.connection.errors(form), self.connection.transaction():
            columns = sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
                for name, kind in form.columns
            )
            self.connection.execute(
                sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(_BATCH, columns)
            )
            if self._copy(_BATCH, form, payload) != payload.count(b"\n"):
                # A line of "\\." ends a COPY, and its neighbours would be lost without a word.
                raise RowsRefused("they end before their last line")
            names = _names(form)
            return self.connection.execute(
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
        for moment in months.values():
            self.execute("SELECT ensure_prediction_log_partition(%s)", (moment,))

    def execute(self, statement: str, values: tuple[object, ...]) -> int:
        """Any other statement of the log's, in a transaction of its own; rows it touched.

        Raises PostgresAway or RowsRefused.
        """
        with self.connection.errors(), self.connection.unit():
            return self.connection.execute(statement, values)

    def interrupt(self) -> None:
        """From another thread: end a call that a silent server does not end."""
        self.connection.interrupt()

    def close(self) -> None:
        """Let go of the connection, in whatever state."""
        self.connection.close()

    def _copy(self, table: sql.Identifier, form: Form, payload: bytes) -> int:
        key = (table.strings[-1], form)
        statement = self._copies.get(key)
        if statement is None:
            # Quoting two dozen names costs more than copying a row.
            if len(self._copies) >= _MOST_STATEMENTS:
                self._copies.clear()
            text = sql.SQL("COPY {} ({}) FROM STDIN").format(table, _names(form))
            statement = self._copies[key] = self.connection.text(text)
        return self.connection.copy(statement, payload)


def _names(form: Form) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name, _ in form.columns)
