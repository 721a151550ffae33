"""A stream file as its readers tell it: blocks of rows, column by column, as text."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

BLOCK_ROWS = 8_192
"""Rows that are in memory together while a file is read."""

_PARQUET = b"PAR1"


class Block(NamedTuple):
    """Rows that follow each other."""

    numbers: Sequence[int]
    """Of each row: its line in a CSV, the header being the first; its row in a Parquet file."""
    columns: Sequence[Sequence[str]]


class Opened(NamedTuple):
    """A file that is being read."""

    header: list[str]
    unit: str
    """What the numbers of its rows are called."""
    blocks: Iterator[Block]


def opened(path: Path) -> AbstractContextManager[Opened]:
    """The names of a file's columns, and its rows; raises WrongStream, or OSError."""
    # Each reader imports this module, and one of them a large library.
    with path.open("rb") as file:
        is_parquet = file.read(4) == _PARQUET
    if is_parquet:
        from replay import parquet_stream  # noqa: PLC0415

        return parquet_stream.opened(path)
    from replay import csv_stream  # noqa: PLC0415

    return csv_stream.opened(path)
