"""The text of a file, packed or not, line by line and in bounded memory."""

import gzip
import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from trainer.errors import DataRefused

_NESTED = 3

# What a computer's systems leave beside the files of a person.
_HELPER = re.compile(r"\..*|__macosx|thumbs\.db|desktop\.ini|readme.*", re.IGNORECASE)
_ENDING = re.compile(r"\.(csv|txt|zip|gz)$", re.IGNORECASE)
# As browsers and file managers mark a second copy.
_COPY = re.compile(r"([ _-]*\(\d+\)|[ _-]+copy( \d+)?|[ _-]+kopie)$", re.IGNORECASE)

_FOREIGN = {
    b"BZh": "packed by bzip2: unpack it",
    b"\xfd7zXZ": "packed by xz: unpack it",
    b"\x28\xb5\x2f\xfd": "packed by zstd: unpack it",
    b"7z\xbc\xaf": "a 7z archive: unpack it",
    b"Rar!": "a rar archive: unpack it",
    b"\xd0\xcf\x11\xe0": "an Office document: save it as CSV",
    b"PAR1": "a Parquet file: save it as CSV",
    b"<!DOCTYPE": "a web page, not the data: the download needs a login",
    b"<!doctype": "a web page, not the data: the download needs a login",
    b"<html": "a web page, not the data: the download needs a login",
}


@contextmanager
def open_text(path: Path) -> Iterator[IO[str]]:
    """The text with its line ends as they are; raises DataRefused, also while it is read."""
    try:
        with _bytes(path) as raw, io.TextIOWrapper(raw, "utf-8", newline="") as file:
            yield file
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataRefused(f"{path}: damaged, or not whole ({error}): get the file again") from error
    except NotImplementedError as error:
        raise DataRefused(f"{path}: {error}: unpack it by hand") from error
    except PermissionError as error:
        raise DataRefused(
            f"{path}: {error.strerror}: give the user that the trainer runs as the right to read"
            " it (chmod a+r)"
        ) from error
    except OSError as error:
        raise DataRefused(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DataRefused(f"{path}, {_undecodable(path)}: save it as UTF-8") from error


def is_helper(name: str) -> bool:
    """Whether a file or a directory of that name is nobody's data."""
    return _HELPER.fullmatch(name) is not None


def is_training_data(name: str) -> bool:
    """Whether a file bears the data's name: in any case, packed, or as a second copy."""
    while ending := _ENDING.search(name):
        name = name[: ending.start()]
    return _COPY.sub("", name).lower().replace("_", "-").replace(" ", "-") == "cs-training"


@contextmanager
def _bytes(path: Path) -> Iterator[IO[bytes]]:
    # A pipe would keep who opens it waiting, and can be read only once.
    if not (stat.S_ISREG(mode := path.stat().st_mode) or stat.S_ISDIR(mode)):
        raise DataRefused(f"{path}: not a regular file: write the data into one")
    with path.open("rb") as file, _unpacked(path, file) as raw:
        yield raw


@contextmanager
def _unpacked(path: Path, file: IO[bytes], depth: int = 0) -> Iterator[IO[bytes]]:
    """What a packed file holds, told by its first bytes, whatever its name."""
    head = file.read(16)
    file.seek(0)
    if foreign := next((what for mark, what in _FOREIGN.items() if head.startswith(mark)), None):
        raise DataRefused(f"{path}: {foreign}")
    if depth > _NESTED:
        raise DataRefused(f"{path}: packed more than {_NESTED} times: unpack it by hand")
    if head.startswith(b"\x1f\x8b"):
        with gzip.GzipFile(fileobj=file) as inner, _unpacked(path, inner, depth + 1) as raw:  # type: ignore[arg-type]
            yield raw
    elif head.startswith(b"PK") or (depth == 0 and path.suffix.lower() == ".zip"):
        if not zipfile.is_zipfile(file):
            raise DataRefused(f"{path}: not a whole zip: get the file again")
        with (
            zipfile.ZipFile(file) as archive,
            _member(path, archive) as member,
            _unpacked(path, member, depth + 1) as raw,
        ):
            yield raw
    else:
        yield file


@contextmanager
def _member(path: Path, archive: zipfile.ZipFile) -> Iterator[IO[bytes]]:
    try:
        member = archive.open(_meant(path, archive.namelist()))
    except RuntimeError as error:  # a password, or a method of compression
        raise DataRefused(f"{path}: {error}: unpack it by hand") from error
    with member:
        yield member


def _meant(path: Path, names: list[str]) -> str:
    """The one file of an archive that is the data."""
    if "[Content_Types].xml" in names:
        raise DataRefused(f"{path}: an Office document: save it as CSV")
    files = [
        name
        for name in names
        if not name.endswith("/") and not any(map(is_helper, PurePosixPath(name).parts))
    ]
    tables = [name for name in files if _ENDING.search(name)]
    named = [name for name in tables if is_training_data(PurePosixPath(name).name)]
    for found in (named, tables, files):
        if len(found) == 1:
            return found[0]
    listed = ", ".join(files[:5]) + (", ..." if len(files) > 5 else "")
    raise DataRefused(
        f"{path}: holds {len(files)} files; one CSV is expected, or one named cs-training.csv:"
        f" unpack it, and set DATA_PATH to the right one of {listed or 'none'}"
    )


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
