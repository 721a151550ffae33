"""Reading Parquet: its types as text, so that every file is converted by the same rules."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import pandas as pd

from contract.declaration import Source
from trainer.cells import Cells
from trainer.csv_file import Chunk
from trainer.errors import DataRefused

_CELLS_AT_ONCE = 2_000_000


def columns_in(path: Path) -> list[str]:
    """The names of the columns; raises DataRefused."""
    with _refusals(path):
        return [str(name) for name in _file(path).schema_arrow.names]


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
    text = _text(path, name, kind, source)
    # A float's NaN is what pandas writes for a missing number.
    values = [None if value is None or value != value else value for value in column.to_pylist()]  # noqa: PLR0124
    texts = ["" if value is None else text(value) for value in values]
    nulls = pd.isna(pd.Series(values, dtype=object)).to_numpy()
    return Cells(
        pd.Series(texts, index, dtype=object),
        nulls=nulls,
        is_time=types.is_timestamp(kind) or types.is_date(kind),
    )


def _text(path: Path, name: str, kind: Any, source: Source) -> Callable[[Any], str]:
    """How a value of an Arrow type is written."""
    from pyarrow import types  # noqa: PLC0415 -- as above

    if types.is_boolean(kind):
        return lambda value: source.true[0] if value else source.false[0]
    if types.is_timestamp(kind):
        return lambda value: _moment(value).isoformat()
    if types.is_date(kind):
        return lambda value: str(value.isoformat())
    if types.is_float32(kind) or types.is_float16(kind) or types.is_float64(kind):
        return repr
    if types.is_integer(kind) or types.is_decimal(kind):
        return str
    if types.is_string(kind) or types.is_large_string(kind):
        return str
    raise DataRefused(
        f"{path}, column {name}: {kind} is no type of a value here: write it as a number, text,"
        " time or boolean, or leave it out"
    )


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
