"""A stream in a Parquet file: its rows in batches, each value as a CSV would write it."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pyarrow.types

from contract.text import shown
from replay.errors import WrongStream
from replay.stream import BLOCK_ROWS, Block, Opened


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """The names of the columns, and the rows, counted from 1; raises WrongStream, or OSError."""
    with _in_words(path), pyarrow.parquet.ParquetFile(path) as file:
        yield Opened(list(file.schema_arrow.names), "row", _blocks(path, file))


def _blocks(path: Path, file: Any) -> Iterator[Block]:
    number = 0
    with _in_words(path):
        for batch in file.iter_batches(batch_size=BLOCK_ROWS):
            rows = _to_microseconds(batch)
            columns = [
                list(map(_text, rows.column(at).to_pylist())) for at in range(rows.num_columns)
            ]
            yield Block(range(number + 1, number + 1 + len(rows)), columns)
            number += len(rows)


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except pyarrow.ArrowException as error:
        reason = shown(str(error))
        raise WrongStream([f"{path}: no Parquet that can be read: {reason}"]) from error


def _to_microseconds(batch: Any) -> Any:
    """Times as Python has them; raises ArrowInvalid where that would lose something."""
    table = pyarrow.Table.from_batches([batch])
    for at, column in enumerate(table.schema):
        if pyarrow.types.is_timestamp(column.type):
            kind = pyarrow.timestamp("us", column.type.tz)
            table = table.set_column(at, column.name, table.column(at).cast(kind))
    return table


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        # One without a zone has no offset, and is refused for that.
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    return str(value)
