"""A stream in a CSV, packed by gzip or not: a line for each row, commas, UTF-8."""

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from replay.errors import WrongStream
from replay.stream import BLOCK_ROWS, Block, Opened

_GZIP = b"\x1f\x8b"
# A field that never ends, as after a quote that is not closed, is not kept in memory.
_MOST = 2**20


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """The header, and the rows behind it; raises WrongStream, or OSError."""
    csv.field_size_limit(_MOST)
    with _open(path) as file:
        reader = csv.reader(file, strict=True)
        with _in_words(path, reader):
            header = next(reader, None)
        if not header:
            raise WrongStream([f"{path}: the file is empty: it needs a header and rows"])
        yield Opened(header, "line", _blocks(path, reader, len(header)))


def _blocks(path: Path, reader: Any, width: int) -> Iterator[Block]:
    rows: list[list[str]] = []
    numbers: list[int] = []
    while True:
        with _in_words(path, reader):
            row = next(reader, None)
            line = reader.line_num
        if row:
            if len(row) != width:
                raise WrongStream(
                    [f"{path}, line {line:,}: {len(row)} fields, and the header has {width}"]
                )
            rows.append(row)
            numbers.append(line)
        if rows and (row is None or len(rows) == BLOCK_ROWS):
            yield Block(numbers, list(zip(*rows, strict=True)))
            rows, numbers = [], []
        if row is None:
            return


@contextmanager
def _in_words(path: Path, reader: Any) -> Iterator[None]:
    """What a reader's error says of the file."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise WrongStream([f"{path}: damaged after line {reader.line_num:,}"]) from error
    except UnicodeDecodeError as error:
        raise WrongStream([f"{path}, after line {reader.line_num:,}: not UTF-8"]) from error
    except csv.Error as error:
        raise WrongStream([f"{path}, line {reader.line_num + 1:,}: {error}"]) from error


def _open(path: Path) -> IO[str]:
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    form: dict[str, Any] = {"encoding": "utf-8-sig", "newline": ""}
    opened: Callable[..., IO[str]] = gzip.open if packed else open
    return opened(path, "rt", **form)
