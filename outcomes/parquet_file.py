"""Reports in a Parquet file: a row for each, read in batches."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pyarrow.types

from contract.text import shown
from outcomes.errors import UnreadableFile
from outcomes.rules import FIELDS, REQUIRED
from outcomes.table import SET_LINES, Line, Lines


def read(path: Path) -> Iterator[Lines]:
    """The rows, counted from 1; raises UnreadableFile, or OSError."""
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            _check(path, file.schema_arrow)
            number = 0
            for batch in file.iter_batches(batch_size=SET_LINES):
                rows = _to_microseconds(batch)
                columns = {
                    name: list(map(_as_json, rows.column(name).to_pylist()))
                    for name in rows.column_names
                }
                numbers = range(number + 1, number + 1 + len(rows))
                yield Lines(numbers, partial(_each, numbers, columns), columns)
                number += len(rows)
    except pyarrow.ArrowException as error:
        raise UnreadableFile(f"{path}: no Parquet that can be read: {shown(str(error))}") from error


def _each(numbers: Sequence[int], columns: Mapping[str, Sequence[object]]) -> Iterator[Line]:
    for number, row in zip(numbers, zip(*columns.values(), strict=True), strict=True):
        yield number, dict(zip(columns, row, strict=True))


def _check(path: Path, schema: pyarrow.Schema) -> None:
    if unknown := [name for name in schema.names if name not in FIELDS]:
        raise UnreadableFile(
            f"{path}: the column {shown(unknown[0])} is no field of a report; known are"
            f" {', '.join(FIELDS)}"
        )
    if missing := [name for name in REQUIRED if name not in schema.names]:
        raise UnreadableFile(f"{path}: the column {missing[0]} is missing: each report needs it")


def _to_microseconds(batch: pyarrow.RecordBatch) -> pyarrow.Table:
    """Times as Python has them; raises ArrowInvalid where that would lose something."""
    table = pyarrow.Table.from_batches([batch])
    for at, column in enumerate(table.schema):
        if pyarrow.types.is_timestamp(column.type):
            kind = pyarrow.timestamp("us", column.type.tz)
            table = table.set_column(at, column.name, table.column(at).cast(kind))
    return table


def _as_json(value: Any) -> object:
    if isinstance(value, datetime):
        return value.isoformat()  # a naive one has no offset, and is refused for that
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
