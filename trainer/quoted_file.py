"""Reading a CSV as people have them (RFC 4180): a quoted value may hold line ends."""

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

import pandas as pd

from trainer.cells import Cells
from trainer.csv_file import Chunk, line_of
from trainer.errors import DataRefused, refusal

_CELLS_AT_ONCE = 400_000
_LONGEST_LINE = 2**20
# Python's own default, of which its csv module asks to be told.
_LONGEST_FIELD = 131_072


class Record(NamedTuple):
    """A row as text; line: where it begins."""

    line: int
    fields: list[str]


def records(path: Path, file: IO[str], delimiter: str) -> Iterator[Record]:
    """The rows, the header first; raises DataRefused."""
    if delimiter in '"\r\n':
        raise DataRefused(f"{path}: {delimiter!r} cannot be a delimiter: declare another one")
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(_lines(path, file), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataRefused(
                f"{path}, line {line}: not a row of a CSV ({error}): mend it; a quotation mark"
                " within a quoted value is written twice, and one that opens a value"
                " needs one that closes"
            ) from error
        yield Record(line, fields)


def header(path: Path, rows: Iterator[Record]) -> list[str]:
    """The names in the first row; raises DataRefused."""
    first = next(rows, None)
    if first is None or not any(map(str.strip, first.fields)):
        raise DataRefused(f"{path}: empty")
    return first.fields


def chunks(
    path: Path, rows: Iterator[Record], width: int, places: Sequence[int], decimal: str
) -> Iterator[Chunk]:
    """The rows after the header, as the columns at `places`; raises DataRefused."""
    at_once = max(1000, _CELLS_AT_ONCE // width)
    while some := list(islice(rows, at_once)):
        _check(path, some, width)
        index = pd.Index([row.line for row in some])
        columns = {
            place: pd.Series([row.fields[place] for row in some], index, dtype=object)
            for place in places
        }
        yield Chunk(
            len(some), {place: Cells(texts, decimal=decimal) for place, texts in columns.items()}
        )


def _check(path: Path, rows: list[Record], width: int) -> None:
    problems = [
        f"{path}, line {row.line}: {len(row.fields)} fields instead of {width}"
        for row in rows
        if len(row.fields) != width
    ]
    if problems:
        raise refusal(
            problems,
            "mend these lines: each has as many fields as the first; or declare the file's"
            " own delimiter",
        )


def _lines(path: Path, file: IO[str]) -> Iterator[str]:
    number = 1
    while line := line_of(path, file, number, _LONGEST_LINE):
        # A file may begin with a mark of its encoding, which is no part of a name.
        yield line.removeprefix("\ufeff") if number == 1 else line
        if not line.endswith(("\n", "\r")):
            raise DataRefused(
                f"{path}, line {number}: the last line does not end: the file was cut; get it"
                " again, or end the line where it is whole"
            )
        number += 1
