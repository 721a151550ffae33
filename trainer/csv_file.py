"""Reading a CSV of plain numbers: fast, exactly, in bounded memory, and with every doubt named."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

import pandas as pd

from trainer.cells import Cells
from trainer.errors import DataRefused, refusal

_ROWS_AT_ONCE = 100_000
_LONGEST_LINE = 2**16

# A value in quotation marks; readers differ in what any other such mark means.
_QUOTED = re.compile(r'(?:^|(?<=,))"[^",]*"(?=[,\r\n]|$)')
# Where nothing but these stands in a file, Python's float() admits what is a number.
_PLAIN = b"0123456789+-.eENA,\r\n"


class Chunk(NamedTuple):
    """Some rows: the cells of each column that is read, by its place in the file."""

    rows: int
    cells: dict[int, Cells]


def header(path: Path, file: IO[str]) -> list[str]:
    """The names in the first line; raises DataRefused."""
    line = line_of(path, file, 1, _LONGEST_LINE).lstrip("\ufeff")
    if not line.strip():
        raise DataRefused(f"{path}: empty")
    try:
        (names,) = csv.reader([line])
    except csv.Error as error:
        raise DataRefused(f"{path}, line 1: {error}: not a CSV") from error
    return names


def chunks(path: Path, file: IO[str], fields: int) -> Iterator[Chunk]:
    """The rows after the header, each line a row of `fields` fields; raises DataRefused."""
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
        is_plain = not text.encode().translate(None, _PLAIN)
        yield Chunk(
            len(lines), {place: Cells(frame[place], is_plain=is_plain) for place in range(fields)}
        )
        line += len(lines)


def _lines(path: Path, file: IO[str]) -> Iterator[str]:
    """The lines after the header."""
    number = 2
    while line := line_of(path, file, number, _LONGEST_LINE):
        yield line
        number += 1


def line_of(path: Path, file: IO[str], number: int, longest: int) -> str:
    """A line of bounded length, whatever a packed file unpacks to; raises DataRefused."""
    line = file.readline(longest)
    if len(line) == longest:
        raise DataRefused(
            f"{path}, line {number}: longer than {longest:,} characters: not a CSV of this"
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
        raise refusal(
            problems,
            "get the file again, or mend these lines; the delimiter is a comma, and each line has"
            " as many as the first",
        )
