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
from typing import IO, NamedTuple

from trainer.errors import DataRefused

_NESTED = 3

# What a computer's systems leave beside the files of a person.
_HELPER = re.compile(r"\..*|__macosx|thumbs\.db|desktop\.ini|readme.*", re.IGNORECASE)
_ENDING = re.compile(r"\.(csv|tsv|txt|parquet|zip|gz)$", re.IGNORECASE)
# As browsers and file managers mark a second copy.
_COPY = re.compile(r"([ _-]*\(\d+\)|[ _-]+copy( \d+)?|[ _-]+kopie)$", re.IGNORECASE)

_FOREIGN = {
    b"BZh": "packed by bzip2: unpack it",
    b"\xfd7zXZ": "packed by xz: unpack it",
    b"\x28\xb5\x2f\xfd": "packed by zstd: unpack it",
    b"7z\xbc\xaf": "a 7z archive: unpack it",
    b"Rar!": "a rar archive: unpack it",
    b"\xd0\xcf\x11\xe0": "an Office document: save it as CSV",
    b"PAR1": "a Parquet file within a packed one: unpack it",
    b"<!DOCTYPE": "a web page, not the data: the download needs a login",
    b"<!doctype": "a web page, not the data: the download needs a login",
    b"<html": "a web page, not the data: the download needs a login",
}


_CODECS = {"windows-1252": "cp1252", "iso-8859-1": "latin-1"}


class Form(NamedTuple):
    """How a text is found and read.

    wanted: the name that the data has, by which it is told from others in an archive.
    """

    wanted: str
    encoding: str = "utf-8"
    delimiter: str = ","


@contextmanager
def open_text(path: Path, form: Form) -> Iterator[IO[str]]:
    """The text with its line ends as they are; raises DataRefused, also while it is read."""
    codec = _CODECS.get(form.encoding, form.encoding)
    try:
        with _bytes(path, form.wanted) as raw, io.TextIOWrapper(raw, codec, newline="") as file:
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
    except UnicodeError as error:
        raise DataRefused(_undecodable(path, form)) from error
    except OSError as error:
        raise DataRefused(f"{path}: {error.strerror or error}") from error


@contextmanager
def open_bytes(path: Path, wanted: str) -> Iterator[IO[bytes]]:
    """What a file holds, unpacked; raises DataRefused, or what unpacking raises."""
    with _bytes(path, wanted) as raw:
        yield raw


def is_parquet(path: Path) -> bool:
    """Whether the file, not a packed one, begins as Parquet does."""
    try:
        if not path.is_file():  # a pipe would keep who opens it waiting
            return False
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except OSError:
        return False


def is_helper(name: str) -> bool:
    """Whether a file or a directory of that name is nobody's data."""
    return _HELPER.fullmatch(name) is not None


def stem(name: str) -> str:
    """What is left of a name without its endings, and with one spelling of what people vary."""
    while ending := _ENDING.search(name):
        name = name[: ending.start()]
    return _COPY.sub("", name).lower().replace("_", "-").replace(" ", "-")


def is_training_data(name: str, wanted: str) -> bool:
    """Whether a file bears the data's name: in any case, packed, or as a second copy."""
    return stem(name) == stem(PurePosixPath(wanted).name)


@contextmanager
def _bytes(path: Path, wanted: str) -> Iterator[IO[bytes]]:
    # A pipe would keep who opens it waiting, and can be read only once.
    if not (stat.S_ISREG(mode := path.stat().st_mode) or stat.S_ISDIR(mode)):
        raise DataRefused(f"{path}: not a regular file: write the data into one")
    with path.open("rb") as file, _unpacked(path, wanted, file) as raw:
        yield raw


@contextmanager
def _unpacked(path: Path, wanted: str, file: IO[bytes], depth: int = 0) -> Iterator[IO[bytes]]:
    """What a packed file holds, told by its first bytes, whatever its name."""
    head = file.read(16)
    file.seek(0)
    if foreign := next((what for mark, what in _FOREIGN.items() if head.startswith(mark)), None):
        raise DataRefused(f"{path}: {foreign}")
    if depth > _NESTED:
        raise DataRefused(f"{path}: packed more than {_NESTED} times: unpack it by hand")
    if head.startswith(b"\x1f\x8b"):
        with (
            gzip.GzipFile(fileobj=file) as inner,
            _unpacked(path, wanted, inner, depth + 1) as raw,  # type: ignore[arg-type]
        ):
            yield raw
    elif head.startswith(b"PK") or (depth == 0 and path.suffix.lower() == ".zip"):
        if not zipfile.is_zipfile(file):
            raise DataRefused(f"{path}: not a whole zip: get the file again")
        with (
            zipfile.ZipFile(file) as archive,
            _member(path, wanted, archive) as member,
            _unpacked(path, wanted, member, depth + 1) as raw,
        ):
            yield raw
    else:
        yield file


@contextmanager
def _member(path: Path, wanted: str, archive: zipfile.ZipFile) -> Iterator[IO[bytes]]:
    try:
        member = archive.open(_meant(path, wanted, archive.namelist()))
    except RuntimeError as error:  # a password, or a method of compression
        raise DataRefused(f"{path}: {error}: unpack it by hand") from error
    with member:
        yield member


def _meant(path: Path, wanted: str, names: list[str]) -> str:
    """The one file of an archive that is the data."""
    if "[Content_Types].xml" in names:
        raise DataRefused(f"{path}: an Office document: save it as CSV")
    files = [
        name
        for name in names
        if not name.endswith("/") and not any(map(is_helper, PurePosixPath(name).parts))
    ]
    tables = [name for name in files if _ENDING.search(name)]
    named = [name for name in tables if is_training_data(PurePosixPath(name).name, wanted)]
    for found in (named, tables, files):
        if len(found) == 1:
            return found[0]
    listed = ", ".join(files[:5]) + (", ..." if len(files) > 5 else "")
    raise DataRefused(
        f"{path}: holds {len(files)} files; one CSV is expected, or one named {wanted}:"
        f" unpack it, and set DATA_PATH to the right one of {listed or 'none'}"
    )


def _undecodable(path: Path, form: Form) -> str:
    """Where the first byte stands that is no text, and what to do."""
    encoding, delimiter = form.encoding, form.delimiter.encode()
    if encoding == "utf-16":
        return f"{path}: not UTF-16: declare another encoding, or save it as UTF-8"
    name = "UTF-8" if encoding == "utf-8" else encoding
    advice = "save it as UTF-8" if encoding == "utf-8" else "declare another encoding"
    codec = _CODECS.get(encoding, encoding)
    ended = 0
    with _bytes(path, form.wanted) as raw:
        for line in raw:
            try:
                line.decode(codec)
            except UnicodeDecodeError as error:
                before = line[: error.start]
                field = before[before.rfind(b"\r") + 1 :].count(delimiter) + 1
                number = ended + before.count(b"\r") + 1
                byte = f"{line[error.start]:#04x}"
                return f"{path}, line {number}, field {field}: not {name} (byte {byte}): {advice}"
            # A file may end its lines with "\r" alone.
            ended += line.count(b"\r") + (line.endswith(b"\n") and not line.endswith(b"\r\n"))
    return f"{path}: changed while it was read"
