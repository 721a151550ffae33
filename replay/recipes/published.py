"""Published files: CSVs by themselves, in a zip, or in a directory."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from replay.errors import ReplayError


def rows(path: Path, name: str, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    """Of the CSV of this name in `path`, or of `path` itself; a column to each of `columns`.

    Raises ReplayError where the file or one of the columns is not there, or OSError.
    """
    with _opened(path, name) as file:
        reader = csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", newline=""))
        lacking = [column for column in columns if column not in (reader.fieldnames or ())]
        if lacking:
            raise ReplayError(
                f"{path}: {name} has no column {', '.join(lacking)}: it is not the published file"
            )
        try:
            for row in reader:
                if None in row or None in row.values():
                    raise ReplayError(f"{path}: {name}, line {reader.line_num:,}: not as many"
                                      " fields as the header has")  # fmt: skip
                yield row
        except (csv.Error, UnicodeDecodeError) as error:
            raise ReplayError(f"{path}: {name}, after line {reader.line_num:,}: {error}") from error


@contextmanager
def _opened(path: Path, name: str) -> Iterator[IO[bytes]]:
    if path.is_dir():
        if not (path / name).is_file():
            raise ReplayError(f"{path}: there is no {name} in it")
        with (path / name).open("rb") as file:
            yield file
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = [each for each in archive.namelist() if Path(each).name == name]
            if not members:
                raise ReplayError(f"{path}: there is no {name} in it")
            with archive.open(members[0]) as member:
                yield member
    else:
        with path.open("rb") as file:
            yield file
