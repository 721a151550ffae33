"""The text of a file, or of the one file in a zip, line by line and in bounded memory."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from trainer.errors import DataRefused


@contextmanager
def open_text(path: Path) -> Iterator[IO[str]]:
    """The text with its line ends as they are; raises DataRefused, also while it is read."""
    try:
        with _bytes(path) as raw, io.TextIOWrapper(raw, "utf-8", newline="") as file:
            yield file
    except OSError as error:
        raise DataRefused(f"{path}: {error.strerror or error}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise DataRefused(f"{path}: a damaged zip ({error}): get the file again") from error
    except UnicodeDecodeError as error:
        raise DataRefused(f"{path}, {_undecodable(path)}: save it as UTF-8") from error


@contextmanager
def _bytes(path: Path) -> Iterator[IO[bytes]]:
    if not zipfile.is_zipfile(path):
        if path.suffix == ".zip":
            raise DataRefused(f"{path}: not a whole zip: get the file again")
        with path.open("rb") as file:
            yield file
        return
    with zipfile.ZipFile(path) as archive:
        members = [name for name in archive.namelist() if not name.endswith("/")]
        if len(members) != 1:
            raise DataRefused(f"{path}: holds {len(members)} files; one CSV is expected")
        try:
            raw = archive.open(members[0])
        except RuntimeError as error:  # a password, or a method of compression
            raise DataRefused(f"{path}: {error}: unpack it by hand") from error
        with raw:
            yield raw


def _undecodable(path: Path) -> str:
    """Where the first byte stands that is not UTF-8."""
    ended = 0
    with _bytes(path) as raw:
        for line in raw:
            try:
                line.decode()
            except UnicodeDecodeError as error:
                before = line[: error.start]
                field = before[before.rfind(b"\r") + 1 :].count(b",") + 1
                number = ended + before.count(b"\r") + 1
                return f"line {number}, field {field}: not UTF-8 (byte {line[error.start]:#04x})"
            # A file may end its lines with "\r" alone.
            ended += line.count(b"\r") + (line.endswith(b"\n") and not line.endswith(b"\r\n"))
    return "changed while it was read"
