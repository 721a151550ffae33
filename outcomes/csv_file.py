"""Reports in a CSV, packed by gzip or not: a line for each."""

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from contract.text import shown
from outcomes.errors import UnreadableFile
from outcomes.rules import FIELDS, REQUIRED
from outcomes.table import SET_LINES, Lines, Malformed

_GZIP = b"\x1f\x8b"
# A line that never ends is not kept in memory; nor are many long ones.
_MOST = 2**20
_MOST_TOGETHER = 2**22
# As pandas writes integers of a column with gaps.
_ZERO_OR_ONE = {"0": 0.0, "1": 1.0}
_NUMBERS = ("outcome", "revision")
_INTEGER = re.compile(r"[0-9]{1,10}(\.0)?", re.ASCII)


def read(path: Path) -> Iterator[Lines]:
    """The lines behind the header; raises UnreadableFile, or OSError.

    A field that is empty is none. No field of a report holds a line break, so each line is read
    for itself: a quote that is not closed spoils no other.
    """
    number = 1
    texts: list[str] = []
    with _open(path) as file:
        try:
            header = _checked(_split(_line(file)) or [])
            while _fill(texts, file):
                yield _lines(texts, number + 1, header)
                number += len(texts)
                texts = []
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            line = number + len(texts)
            raise UnreadableFile(f"{path}: damaged after line {line:,}") from error


def _open(path: Path) -> IO[str]:
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    # What is no UTF-8 becomes a character that no field may hold, and so is told by its line.
    form: dict[str, Any] = {"encoding": "utf-8-sig", "errors": "surrogateescape", "newline": ""}
    opened: Callable[..., IO[str]] = gzip.open if packed else open
    return opened(path, "rt", **form)


def _line(file: IO[str]) -> str:
    line = file.readline(_MOST)
    if len(line) == _MOST:
        raise UnreadableFile(f"a line has more than {_MOST:,} characters: this is no such CSV")
    return line


def _fill(texts: list[str], file: IO[str]) -> bool:
    """Append the next lines as they stand; False at the end."""
    room = _MOST_TOGETHER
    while len(texts) < SET_LINES and room > 0 and (line := _line(file)):
        texts.append(line)
        room -= len(line)
    return texts != []


def _lines(texts: Sequence[str], first: int, header: list[str]) -> Lines:
    numbers: Sequence[int] = range(first, first + len(texts))
    stripped = [text.rstrip("\r\n") for text in texts]
    if not all(map(str.strip, stripped)):
        numbers = [number for number in numbers if stripped[number - first].strip()]
        stripped = [text for text in stripped if text.strip()]
    return Lines(
        numbers,
        each=lambda: (
            (number, _fields(text, header)) for number, text in zip(numbers, stripped, strict=True)
        ),
        columns=_columns(stripped, header),
    )


def _columns(texts: Sequence[str], header: list[str]) -> dict[str, Sequence[object]] | None:
    width = len(header)
    if {text.count(",") for text in texts} != {width - 1}:
        return None
    # Not a list for each line: thousands of them are looked through for garbage all the time.
    joined = ",".join(texts)
    if '"' in joined:
        return None
    fields = joined.split(",")
    columns: dict[str, Sequence[object]] = {}
    for place, name in enumerate(header):
        column = fields[place::width]
        if name in _NUMBERS:
            values = {text: _number(text) if text else None for text in set(column)}
            columns[name] = list(map(values.__getitem__, column))
        else:
            columns[name] = [text or None for text in column] if "" in column else column
    return columns


def _split(line: str) -> list[str] | None:
    if line.strip() and '"' not in line:
        return line.rstrip("\r\n").split(",")  # as the library does, in a third of its time
    try:
        return next(csv.reader((line,), strict=True), [])
    except csv.Error:
        return None


def _fields(line: str, header: list[str]) -> dict[str, object] | Malformed:
    row = _split(line)
    if row is None:
        return Malformed("is no line of a CSV: a quote is not closed, or stands within a field")
    if len(row) != len(header):
        return Malformed(f"has {len(row)} fields, and the header {len(header)}")
    fields: dict[str, object] = {
        name: value for name, value in zip(header, row, strict=True) if value
    }
    for name in _NUMBERS:
        if name in fields:
            fields[name] = _number(str(fields[name]))
    return fields


def _number(text: str) -> object:
    """The number that the text is; else the text, which no rule takes for one."""
    if text in _ZERO_OR_ONE:
        return _ZERO_OR_ONE[text]
    return float(text) if _INTEGER.fullmatch(text) else text


def _checked(header: list[str]) -> list[str]:
    if unknown := [name for name in header if name not in FIELDS]:
        raise UnreadableFile(
            f"the header has {shown(unknown[0])}, which is no field of a report; known are"
            f" {', '.join(FIELDS)}"
        )
    if missing := [name for name in REQUIRED if name not in header]:
        raise UnreadableFile(f"the header lacks {', '.join(missing)}: each report needs it")
    if len(set(header)) < len(header):
        raise UnreadableFile("the header has a column twice")
    return header
