"""How a file is written: found by trying, for nothing in a CSV says it."""

import codecs
import math
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from trainer import quoted_file
from trainer.cells import number
from trainer.draft.survey import MARKERS
from trainer.errors import DataRefused, NotDeclared
from trainer.text_file import Form, open_bytes, open_text

DELIMITERS = (",", ";", "\t", "|")
_HEAD_ROWS = 200
_ROWS = 10_000
_AT_ONCE = 2**20


class Dialect(NamedTuple):
    """What `source` of a declaration records of a CSV."""

    encoding: str
    delimiter: str
    decimal: str


def dialect_of(path: Path) -> Dialect:
    """The dialect of a CSV, packed or not; raises DataRefused or NotDeclared."""
    encoding = _encoding(path)
    delimiter = _delimiter(path, encoding)
    return Dialect(encoding, delimiter, _decimal(path, encoding, delimiter))


def _encoding(path: Path) -> str:
    # What cannot be opened or unpacked is said by whoever reads it as text.
    with open_text(path, Form(path.name, "iso-8859-1")):
        pass
    with open_bytes(path, path.name) as raw:
        head = raw.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in head:
        raise NotDeclared(
            f"{path}: not text, or in UTF-16 or UTF-32 without a mark: save it as UTF-8"
        )
    for encoding, codec in (("utf-8", "utf-8"), ("windows-1252", "cp1252")):
        if _decodes(path, codec):
            return encoding
    return "iso-8859-1"


def _decodes(path: Path, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    with open_bytes(path, path.name) as raw:
        try:
            while content := raw.read(_AT_ONCE):
                decoder.decode(content)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _delimiter(path: Path, encoding: str) -> str:
    """The one that gives every row as many fields as the header, and the most of them."""
    widths = {delimiter: _widths(path, encoding, delimiter) for delimiter in DELIMITERS}
    split = {sign: found for sign, found in widths.items() if found and found[0] > 1}
    if not split:
        raise NotDeclared(
            f"{path}: no comma, semicolon, tabulator or vertical bar separates its columns in all"
            " lines: a table has a header, and at least a column beside the target; save it as CSV"
        )

    def fit(sign: str) -> tuple[float, int]:
        found = split[sign]
        return (Counter(found)[found[0]] / len(found), found[0])

    return max(split, key=fit)


def _widths(path: Path, encoding: str, delimiter: str) -> list[int]:
    """How many fields the first rows have; as many as could be read."""
    found: list[int] = []
    try:
        found.extend(map(len, _head(path, encoding, delimiter)))
    except DataRefused:
        return found[:1] + [0] * len(found)  # of another delimiter, or torn
    return found


def _decimal(path: Path, encoding: str, delimiter: str) -> str:
    """A comma where more columns hold numbers with one than with a point."""
    if delimiter == ",":
        return "."
    rows = list(_head(path, encoding, delimiter, _ROWS))[1:]
    votes = Counter(_mark(list(column)) for column in zip(*rows, strict=False))
    return "," if votes[","] > votes["."] else "."


def _mark(texts: list[str]) -> str | None:
    """What separates the fractions of a column's numbers; None where it has none."""
    present = [text for text in texts if text not in MARKERS]
    for mark in (".", ","):
        numbers = [text for text in present if not math.isnan(number(text, mark))]
        if 2 * len(numbers) > len(present) and any(mark in text for text in numbers):
            return mark
    return None


def _head(path: Path, encoding: str, delimiter: str, rows: int = _HEAD_ROWS) -> Iterator[list[str]]:
    with open_text(path, Form(path.name, encoding, delimiter)) as file:
        for record in islice(quoted_file.records(path, file, delimiter), rows):
            yield record.fields
