"""Reading Parquet: its types as text, so that every file is converted by the same rules."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from contract.declaration import Source
from trainer.cells import Cells
from trainer.csv_file import Chunk
from trainer.errors import DataRefused

_CELLS_AT_ONCE = 400_000


def columns_in(path: Path) -> list[str]:
    """The names of the columns; raises DataRefused."""
    with _refusals(path):
        return [str(name) for name in _file(path).schema_arrow.names]


def readable(path: Path) -> list[int]:
    """The places of the columns whose types are those of a value; raises DataRefused."""
    with _refusals(path):
        return [at for at, kind in enumerate(_file(path).schema_arrow.types) if _writer(kind)]


@contextmanager
def opened(path: Path, places: Sequence[int], source: Source) -> Iterator[Iterator[Chunk]]:
    """The rows, as the columns at `places`; raises DataRefused, also while they are read."""
    with _refusals(path):
        yield _chunks(path, places, source)


def _chunks(path: Path, places: Sequence[int], source: Source) -> Iterator[Chunk]:
    file = _file(path)
    names = file.schema_arrow.names
    first = 1
    at_once = max(1000, _CELLS_AT_ONCE // max(len(places), 1))
    for batch in file.iter_batches(at_once, columns=[names[place] for place in places]):
        index = pd.RangeIndex(first, first + batch.num_rows)
        columns = {place: batch.column(names[place]) for place in places}
        yield Chunk(
            batch.num_rows,
            {place: _cells(path, names[place], columns[place], index, source) for place in places},
        )
        first += batch.num_rows


def _cells(path: Path, name: str, column: Any, index: pd.Index, source: Source) -> Cells:
    from pyarrow import types  # noqa: PLC0415 -- slow, and only for this form

    kind = column.type.value_type if types.is_dictionary(column.type) else column.type
    write = _writer(kind)
    if write is None:
        raise DataRefused(
            f"{path}, column {name}: {kind} is no type of a value here: write it as a number, text,"
            " time or boolean, or leave it out"
        )
    # A float's NaN is what pandas writes for a missing number.
    values = [None if value != value else value for value in column.to_pylist()]  # noqa: PLR0124
    texts = ["" if value is None else write(value) for value in values]
    if types.is_boolean(kind):
        words = {"True": source.true[0], "False": source.false[0], "": ""}
        texts = [words[text] for text in texts]
    return Cells(
        pd.Series(texts, index, dtype=object),
        nulls=np.array([value is None for value in values], dtype=np.bool_),
        is_time=types.is_temporal(kind),
    )


def _writer(kind: Any) -> Callable[[Any], str] | None:
    """How a value of an Arrow type is written; None where it is none here."""
    from pyarrow import types  # noqa: PLC0415 -- as above

    if types.is_dictionary(kind):
        return _writer(kind.value_type)
    if types.is_timestamp(kind):
        return lambda value: _moment(value).isoformat()
    if types.is_date(kind):
        return lambda value: str(value.isoformat())
    if types.is_floating(kind):
        return repr
    is_text = types.is_string(kind) or types.is_large_string(kind)
    if is_text or types.is_boolean(kind) or types.is_integer(kind) or types.is_decimal(kind):
        return str
    return None


def _moment(value: Any) -> Any:
    """Without what is below a microsecond, and in UTC where it has a zone."""
    moment = value.to_pydatetime(warn=False) if isinstance(value, pd.Timestamp) else value
    return moment.astimezone(UTC) if moment.tzinfo else moment


def _file(path: Path) -> Any:
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415 -- as above

    return ParquetFile(path)


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        import pyarrow  # noqa: PLC0415 -- as above
    except ImportError as error:
        raise DataRefused(f"{path}: pyarrow, which reads Parquet, is not installed") from error
    try:
        yield
    except pyarrow.ArrowException as error:
        raise DataRefused(f"{path}: damaged, or not whole ({error}): get the file again") from error
    except OSError as error:
        raise DataRefused(f"{path}: {error.strerror or error}") from error
