"""Reports in a CSV, packed by gzip or not: a line for each, read one by one."""

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from contract.text import shown
from outcomes.errors import UnreadableFile
from outcomes.rules import FIELDS, REQUIRED
from outcomes.table import Line, Malformed

_GZIP = b"\x1f\x8b"
# A line that never ends is not kept in memory.
_MOST = 2**20
# As pandas writes integers of a column with gaps.
_ZERO_OR_ONE = {"0": 0.0, "1": 1.0}
_NUMBERS = ("outcome", "revision")
_INTEGER = re.compile(r"[0-9]{1,10}(\.0)?", re.ASCII)


def read(path: Path) -> Iterator[Line]:
    """The lines behind the header; raises UnreadableFile, or OSError.

    A field that is empty is none. No field of a report holds a line break, so each line is read
    for itself: a quote that is not closed spoils no other.
    """
    number = 1
    with _open(path) as file:
        try:
            header = _checked(_split(_line(file)) or [])
            while line := _line(file):
                number += 1
                if line.strip():
                    yield number, _fields(line, header)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UnreadableFile(f"{path}: damaged after line {number:,}") from error


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
        value: Any = fields.get(name)
        if value in _ZERO_OR_ONE:
            fields[name] = _ZERO_OR_ONE[value]
        elif value is not None and _INTEGER.fullmatch(value):
            fields[name] = float(value)
    return fields


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
