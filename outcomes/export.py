"""Predictions joined with what was known of their outcomes, as Parquet files of a month each."""

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow
import pyarrow.parquet
from psycopg2 import sql

from contract import durable
from contract.reserved import RESERVED_COLUMNS
from outcomes.connection import OutcomeConnection
from outcomes.errors import OutcomeError

FORMAT = 1
"""Number of the manifest's form; raise it whenever a reader of the old one would misread it."""
MANIFEST = "manifest.json"

# Of a file, and so of what waits in memory for each month.
_GROUP_ROWS = 10_000
_TIME = pyarrow.timestamp("us", "UTC")
_TYPES = {
    "boolean": pyarrow.bool_(),
    "double precision": pyarrow.float64(),
    "integer": pyarrow.int32(),
    "smallint": pyarrow.int16(),
    "bigint": pyarrow.int64(),
    "text": pyarrow.string(),
    "uuid": pyarrow.string(),
    "timestamp with time zone": _TIME,
}
_COLUMNS = (
    "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
    " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
)
# In the order of the log's key: the same rows are the same files, byte for byte.
_ROWS = sql.SQL(
    "SELECT {columns} FROM monitoring.outcomes_as_of({as_of}, {as_of}) AS known"
    " JOIN prediction_log AS log USING (predicted_at, prediction_id)"
    " WHERE known.business_time >= {first} AND known.business_time < {end}"
    " ORDER BY known.predicted_at, known.prediction_id"
)


class Span(NamedTuple):
    """Which business times, from `first` up to `end` and without it; as of when they are known."""

    first: datetime
    end: datetime
    as_of: datetime


class _Month:
    """A file that is being written, a group of rows at a time."""

    def __init__(self, path: Path, schema: pyarrow.Schema) -> None:
        self.path = path
        self.rows = 0
        self._schema = schema
        self._waiting: list[tuple[Any, ...]] = []
        self._writer = pyarrow.parquet.ParquetWriter(path, schema, compression="zstd")

    def add(self, row: tuple[Any, ...]) -> None:
        self.rows += 1
        self._waiting.append(row)
        if len(self._waiting) == _GROUP_ROWS:
            self._write()

    def close(self) -> dict[str, Any]:
        """End the file, durably; its entry in the manifest."""
        if self._waiting:
            self._write()
        self._writer.close()
        with self.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        size = self.path.stat().st_size
        return {"name": self.path.name, "rows": self.rows, "bytes": size, "sha256": digest}

    def _write(self) -> None:
        columns = zip(*self._waiting, strict=True)
        arrays = [
            pyarrow.array(column, field.type)
            for column, field in zip(columns, self._schema, strict=True)
        ]
        self._writer.write_table(pyarrow.Table.from_arrays(arrays, schema=self._schema))
        self._waiting.clear()


def settled(connection: OutcomeConnection) -> datetime:
    """A moment of now, of which all that was received before it is known; raises PostgresAway."""
    with connection.attempt():
        ((now,),) = connection.rows("SELECT settled_outcomes()")
    return now  # type: ignore[no-any-return]


def export(connection: OutcomeConnection, span: Span, directory: Path) -> dict[str, Any]:
    """Write the files and their manifest to `directory`, which is there whole or not at all.

    The manifest is returned. Raises OutcomeError where it is there already, OSError, PostgresAway.
    """
    with _staged(directory) as aside, connection.attempt():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # To read and sort a large log takes longer than any request may.
        connection.execute("SET LOCAL statement_timeout = 0")
        schema, names = _schema(connection)
        months, states = _write(connection, span, schema, names, aside)
        manifest = {
            "format": FORMAT,
            "as_of": span.as_of.isoformat(),
            "from": span.first.isoformat(),
            "to": span.end.isoformat(),
            "rows": sum(states.values()),
            "states": dict(sorted(states.items())),
            "columns": [{"name": field.name, "type": str(field.type)} for field in schema],
            "files": [months[name].close() for name in sorted(months)],
        }
        durable.write(aside / MANIFEST, json.dumps(manifest, indent=1).encode() + b"\n")
        durable.sync_directory(aside)
    return manifest


@contextmanager
def _staged(directory: Path) -> Iterator[Path]:
    """A directory aside, which becomes `directory` at the end; what a killed one left goes."""
    if directory.exists():
        raise OutcomeError(f"{directory} is there already: name another one, or remove it")
    aside = directory.with_name(f".{directory.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
        aside.rename(directory)
        durable.sync_directory(directory.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _schema(connection: OutcomeConnection) -> tuple[pyarrow.Schema, sql.Composed]:
    """The columns: what is known, and the features as they were received."""
    known = connection.rows(_COLUMNS, ("monitoring.outcome_state",))
    features = [
        column
        for column in connection.rows(_COLUMNS, ("prediction_log",))
        if column[0] not in RESERVED_COLUMNS
    ]
    taken = {name for name, _ in known}
    fields = [(name, kind) for name, kind in known] + [
        # A feature may have the name of a column that speaks of the outcome.
        (f"feature_{name}" if name in taken else name, kind)
        for name, kind in features
    ]
    columns = [sql.Identifier("known", name) for name, _ in known]
    columns += [sql.Identifier("log", name) for name, _ in features]
    return (
        pyarrow.schema([pyarrow.field(name, _TYPES[kind]) for name, kind in fields]),
        sql.SQL(", ").join(columns),
    )


def _write(
    connection: OutcomeConnection,
    span: Span,
    schema: pyarrow.Schema,
    names: sql.Composed,
    aside: Path,
) -> tuple[dict[str, _Month], Counter[str]]:
    statement = _ROWS.format(
        columns=names,
        as_of=sql.Literal(span.as_of),
        first=sql.Literal(span.first),
        end=sql.Literal(span.end),
    )
    time_at, state_at = schema.names.index("business_time"), schema.names.index("state")
    months: dict[str, _Month] = {}
    states: Counter[str] = Counter()
    for rows in connection.batches(statement, _GROUP_ROWS):
        for row in rows:
            name = f"{row[time_at]:%Y-%m}.parquet"
            if name not in months:
                months[name] = _Month(aside / name, schema)
            months[name].add(row)
            states[row[state_at]] += 1
    return months, states
