"""Reading the data set's CSV: exactly, in bounded memory, and with every doubt named."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contract.preprocessing import Matrix
from contract.schema import DataSetSchema
from contract.text import shown
from trainer.columns import Column, columns_of
from trainer.data import Data
from trainer.errors import DataRefused
from trainer.text_file import open_text

_ROWS_AT_ONCE = 100_000
_LONGEST_LINE = 2**16
_MAX_PROBLEMS = 10
_MISSING = ("NA", "")

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
# A value in quotation marks; readers differ in what any other such mark means.
_QUOTED = re.compile(r'(?:^|(?<=,))"[^",]*"(?=[,\r\n]|$)')
# Where nothing but these stands in a file, Python's float() admits what _NUMBER admits.
_PLAIN = b"0123456789+-.eENA,\r\n"


# How programs name the column that counts the rows: pandas, R, Spark, and people.
_INDEX = re.compile(
    r"unnamed: ?\d+(\.\d+)*|level_\d+|x(\.\d+)?|\.\.\.\d+|_c\d+|v1"
    r"|index|id|row|rowid|row_?number|#",
    re.IGNORECASE,
)


class Header(NamedTuple):
    """The columns in the order of the file, None for one that is not read."""

    columns: list[Column | None]
    empty: list[int]
    """Places of columns without a name, which may hold nothing: commas at the ends of lines."""


class Chunk(NamedTuple):
    """Some rows as text, by the columns' places; the index holds their line numbers."""

    texts: pd.DataFrame
    is_plain: bool


def read_csv(path: Path, schema: DataSetSchema) -> Data:
    """The rows of a CSV, or of the one CSV in a zip; raises DataRefused.

    Values are read as text and converted by Python's rules, so that each is the double nearest to
    what the file says.
    """
    with open_text(path) as file:
        header = _header(path, file, schema)
        parts = [_convert(path, header, chunk) for chunk in _chunks(path, file, header)]
    if not parts:
        raise DataRefused(f"{path}: a header, but no rows")
    rows = np.concatenate(parts)
    del parts
    # The target is the last of the columns.
    return Data(
        features=np.ascontiguousarray(rows[:, :-1]),
        labels=rows[:, -1].astype(np.int8),
        source=shown(path.name),
        is_sample=False,
    )


def _header(path: Path, file: IO[str], schema: DataSetSchema) -> Header:
    line = _line(path, file, 1).lstrip("\ufeff")
    if not line.strip():
        raise DataRefused(f"{path}: empty")
    (names,) = csv.reader([line])
    known = {column.name: column for column in columns_of(schema)}
    named = next((place for place, name in enumerate(names) if name), len(names))
    # Columns that count rows, at the front without a name or anywhere under a usual one.
    unread = {
        place
        for place, name in enumerate(names)
        if name not in known and (place < named or not name or _INDEX.fullmatch(name))
    }
    strange = [
        name for place, name in enumerate(names) if name not in known and place not in unread
    ]
    problems = [
        *(f"the column {name} is missing" for name in known if name not in names),
        *(f"the column {name!r} is not one of {schema.title}'s" for name in strange),
        *(f"the column {name} is there twice" for name in known if names.count(name) > 1),
    ]
    if problems:
        hint = "; the delimiter must be a comma" if len(names) <= 1 else ""
        raise DataRefused(
            f"{path}, line 1: " + "; ".join(problems[:_MAX_PROBLEMS]) + hint + _advice(strange)
        )
    return Header(
        columns=[None if place in unread else known[name] for place, name in enumerate(names)],
        empty=[place for place in unread if place > named and not names[place]],
    )


def _advice(strange: list[str]) -> str:
    if not strange:
        return ""
    listed = ", ".join(map(repr, strange[:_MAX_PROBLEMS]))
    return f"\nWhat to do: rename or drop what is not the data's: {shown(listed, 500)}."


def _chunks(path: Path, file: IO[str], header: Header) -> Iterator[Chunk]:
    fields = len(header.columns)
    line = 2
    rest = _lines(path, file)
    while lines := list(islice(rest, _ROWS_AT_ONCE)):
        _check_lines(path, lines, fields, line)
        text = "".join(lines)
        frame = pd.read_csv(
            io.StringIO(text),
            header=None,
            names=list(range(fields)),
            dtype=str,
            keep_default_na=False,
            na_filter=False,
            skip_blank_lines=False,
        )
        frame.index = pd.RangeIndex(line, line + len(lines))
        yield Chunk(frame, is_plain=not text.encode().translate(None, _PLAIN))
        line += len(lines)


def _lines(path: Path, file: IO[str]) -> Iterator[str]:
    """The lines after the header."""
    number = 2
    while line := _line(path, file, number):
        yield line
        number += 1


def _line(path: Path, file: IO[str], number: int) -> str:
    """A line of bounded length, whatever a packed file unpacks to."""
    line = file.readline(_LONGEST_LINE)
    if len(line) == _LONGEST_LINE:
        raise DataRefused(
            f"{path}, line {number}: longer than {_LONGEST_LINE:,} characters: not a CSV of this"
            " data; get the file again"
        )
    return line


def _check_lines(path: Path, lines: list[str], fields: int, first: int) -> None:
    """Each line must hold all its fields, the last one its end: else the file was cut."""
    problems = []
    for number, line in enumerate(lines, first):
        if line.count(",") != fields - 1:
            found = line.count(",") + 1 if line.strip() else 0
            problems.append(f"{path}, line {number}: {found} fields instead of {fields}")
        elif '"' in line and '"' in _QUOTED.sub("", line):
            problems.append(
                f"{path}, line {number}: a quotation mark that does not enclose one whole value"
            )
    if not lines[-1].endswith(("\n", "\r")):
        last = first + len(lines) - 1
        problems.append(f"{path}, line {last}: the last line does not end: the file was cut")
    if problems:
        raise _refusal(
            problems,
            "get the file again, or mend these lines; the delimiter is a comma, and each line has"
            " as many as the first",
        )


def _convert(path: Path, header: Header, chunk: Chunk) -> Matrix:
    """The rows as doubles, the features in the declaration's order and then the target."""
    problems: list[str] = []
    read = [(place, column) for place, column in enumerate(header.columns) if column is not None]
    rows = np.empty((len(chunk.texts), len(read)))
    for place, column in read:
        texts = chunk.texts[place]
        missing = texts.isin(_MISSING).to_numpy()
        numbers = _numbers(texts.mask(missing, "nan"), is_plain=chunk.is_plain)
        rows[:, column.place] = numbers
        for rule, broken in column.broken(numbers, missing):
            problems.append(f"{path}, column {column.name}: {rule} ({_where(texts, broken)})")
    for place in header.empty:
        texts = chunk.texts[place]
        if (broken := (texts != "").to_numpy()).any():
            problems.append(
                f"{path}, column {place + 1}: has no name and may hold nothing"
                f" ({_where(texts, broken)})"
            )
    if problems:
        raise _refusal(problems, "mend these values, or leave out their lines")
    return rows


def _where(texts: "pd.Series[str]", broken: NDArray[np.bool_]) -> str:
    lines = texts.index[broken]
    found = ", ".join(f"line {line}: {texts[line]!r}" for line in lines[:3])
    return found + (f" and {len(lines) - 3:,} more" if len(lines) > 3 else "")


def _refusal(problems: list[str], advice: str) -> DataRefused:
    """What is wrong, one problem a line and not more than a person reads, and what to do."""
    more = len(problems) - _MAX_PROBLEMS
    rest = [f"and {more:,} more like these"] if more > 0 else []
    return DataRefused("\n".join([*problems[:_MAX_PROBLEMS], *rest, f"What to do: {advice}."]))


def _numbers(texts: "pd.Series[str]", *, is_plain: bool) -> NDArray[np.float64]:
    """The doubles nearest to the texts; NaN where a text is none."""
    values = texts.to_numpy(dtype=object)
    if is_plain:
        # Where some text is no number: one by one, to tell which.
        with suppress(ValueError):
            return values.astype(np.float64)
    return np.array([float(text) if _NUMBER.fullmatch(text) else np.nan for text in values])
