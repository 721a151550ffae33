"""Reading a table as it is declared: exactly, in bounded memory, and with every doubt named."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from contract.declaration import Declaration
from contract.preprocessing import Matrix
from contract.text import shown
from trainer import csv_file, parquet_file, quoted_file
from trainer.columns import broken
from trainer.csv_file import Chunk
from trainer.data import Data
from trainer.errors import DataRefused, refusal
from trainer.header import Header, header_of
from trainer.text_file import Form, is_parquet, open_text


class Opened(NamedTuple):
    """A table's columns, and its rows in pieces; unit: what its places are called."""

    header: Header
    chunks: Iterator[Chunk]
    unit: str = "line"


def read_table(path: Path, declaration: Declaration) -> Data:
    """The rows of a CSV, packed or not, or of a Parquet file; raises DataRefused.

    Values are read as text and converted by Python's rules, so that each is the double nearest to
    what the file says.
    """
    with _opened(path, declaration) as table:
        parts = [_convert(path, table, chunk) for chunk in table.chunks]
    if not parts:
        raise DataRefused(f"{path}: a header, but no rows")
    rows = np.concatenate(parts)
    del parts
    features = len(declaration.schema.features)
    # After the features come the target and what the split goes by.
    return Data(
        features=np.ascontiguousarray(rows[:, :features]),
        labels=rows[:, features].astype(np.int8),
        source=shown(path.name),
        is_sample=False,
        split_keys=None if declaration.split == "hash" else rows[:, features + 1].copy(),
    )


def columns_in(path: Path, declaration: Declaration) -> list[str]:
    """The names of a file's columns; raises DataRefused."""
    if is_parquet(path):
        return parquet_file.columns_in(path)
    with open_text(path, form_of(declaration)) as file:
        if is_plain(declaration):
            return csv_file.header(path, file)
        rows = quoted_file.records(path, file, declaration.source.delimiter)
        return quoted_file.header(path, rows)


def form_of(declaration: Declaration) -> Form:
    """How the text of the data is found and read."""
    source = declaration.source
    wanted = source.file or f"{declaration.schema.key}.csv"
    return Form(wanted, source.encoding, source.delimiter)


def is_plain(declaration: Declaration) -> bool:
    """Whether the table has nothing but numbers between commas: no line needs a second look."""
    source, target = declaration.source, declaration.target
    labels = (*target.positives, *target.negatives)
    return (
        (source.delimiter, source.decimal, source.ignore) == (",", ".", ())
        and not declaration.roles
        and all(feature.is_numeric for feature in declaration.schema.features)
        and not any(isinstance(label, str | bool) for label in labels)
    )


@contextmanager
def _opened(path: Path, declaration: Declaration) -> Iterator[Opened]:
    if is_parquet(path):
        names = parquet_file.columns_in(path)
        header = header_of(f"{path}", names, declaration)
        with parquet_file.opened(path, _places(header), declaration.source) as chunks:
            yield Opened(header, chunks, unit="row")
        return
    source = declaration.source
    with open_text(path, form_of(declaration)) as file:
        if is_plain(declaration):
            header = header_of(f"{path}, line 1", csv_file.header(path, file), declaration)
            yield Opened(header, csv_file.chunks(path, file, header.width))
            return
        rows = quoted_file.records(path, file, source.delimiter)
        header = header_of(f"{path}, line 1", quoted_file.header(path, rows), declaration)
        chunks = quoted_file.chunks(path, rows, header.width, _places(header), source.decimal)
        yield Opened(header, chunks)


def _places(header: Header) -> list[int]:
    return sorted({*(place for place, _, _ in header.read), *header.empty})


def _convert(path: Path, table: Opened, chunk: Chunk) -> Matrix:
    """The rows as doubles, the features in the declaration's order and then the target."""
    header, unit = table.header, table.unit
    problems: list[str] = []
    rows = np.empty((chunk.rows, len(header.read)))
    for place, index, column in header.read:
        cells = chunk.cells[place]
        rows[:, index], rules = column.read(cells)
        for rule, mask in broken(rules):
            problems.append(f"{path}, column {column.name}: {rule} ({cells.where(mask, unit)})")
    for place in header.empty:
        cells = chunk.cells[place]
        if (filled := ~cells.missing(("",))).any():
            problems.append(
                f"{path}, column {place + 1}: has no name and may hold nothing"
                f" ({cells.where(filled, unit)})"
            )
    if problems:
        raise refusal(problems, "mend these values, or leave out their lines")
    return rows
