"""Finding the data where people put it: under its name, more or less, or not at all.

Where something lies that could be meant, it is taken, or named in a refusal: it must not be passed
over, for then the built-in sample would be trained.
"""

import csv
import os
import re
from collections.abc import Iterator
from pathlib import Path

from contract.schema import DataSetSchema
from trainer.errors import DataRefused
from trainer.text_file import is_helper, is_training_data, open_text

NAME = "cs-training.csv"
_EXACT = (NAME, f"{NAME}.zip")
_DEEPEST = 3
_MOST = 1000
_SHOWN = 5

# What data comes in, whether or not it can be read here.
_DATA = re.compile(
    r"\.(csv|tsv|tab|xlsx?|ods|parquet|arff|zip|gz|bz2|xz|zst|7z|rar|tgz|tar|part|crdownload"
    r"|download)$|cs.?training",
    re.IGNORECASE,
)
_READABLE = re.compile(r"\.(csv|zip|gz|txt)$", re.IGNORECASE)


def find(directory: Path, schema: DataSetSchema) -> Path | None:
    """The data below a directory, None where nothing is there that could be it.

    Raises DataRefused where it is not clear which file is meant, or none of them can be.
    """
    for name in _EXACT:
        # A link that leads nowhere is data that is missing, and not no data.
        if os.path.lexists(directory / name):
            return _within(directory / name, schema)
    found = list(_files(directory))
    meant = [path for path in found if is_training_data(path.name)]
    meant = meant or [path for path in found if _fits(path, schema)]
    if len(meant) > 1:
        raise DataRefused(
            f"several files in {directory} could be the data: {_listed(meant, directory)}; name"
            f" the right one {NAME}, or set DATA_PATH to it"
        )
    if meant:
        return meant[0]
    if others := [path for path in found if _DATA.search(path.name)]:
        raise DataRefused(
            f"{directory} holds {_listed(others, directory)}, and none of them can be read as the"
            f" training data of {schema.title}: put {NAME} there (a CSV, zipped or not), set"
            " DATA_PATH to it, or move them away to train on the built-in sample"
        )
    return None


def _within(path: Path, schema: DataSetSchema) -> Path:
    """The data that bears the right name; or a directory does, made by unpacking or by a mount."""
    if not path.is_dir():
        return path
    found = find(path, schema)
    if found is None:
        raise DataRefused(
            f"{path} is a directory, and holds no data: put the file in its place (Docker makes"
            " such a directory where the file to be mounted is not there)"
        )
    return found


def _files(directory: Path) -> Iterator[Path]:
    """Files below the directory, but for those that systems and tools leave behind."""
    count = 0
    for place, directories, names in os.walk(directory, onerror=_unreadable, followlinks=False):
        depth = len(Path(place).relative_to(directory).parts)
        directories[:] = sorted(
            name for name in directories if not is_helper(name) and depth < _DEEPEST
        )
        for name in sorted(names):
            count += 1
            if count > _MOST:
                raise DataRefused(
                    f"{directory} holds more than {_MOST:,} files: set DATA_PATH to the data"
                )
            if not is_helper(name):
                yield Path(place) / name


def _unreadable(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise DataRefused(
            f"{error.filename}: {error.strerror}: the data might be there; give the trainer the"
            " right to read it, or set DATA_PATH"
        ) from error


def _fits(path: Path, schema: DataSetSchema) -> bool:
    """Whether a file of another name holds the columns of the data.

    Raises DataRefused where that cannot be told, for the right to read it is lacking.
    """
    if not _READABLE.search(path.name):
        return False
    try:
        with open_text(path) as file:
            (names,) = csv.reader([file.readline(2**16).lstrip("\ufeff")])
    except DataRefused as error:
        if isinstance(error.__cause__, PermissionError):
            raise
        return False
    except (csv.Error, ValueError):
        return False
    return {schema.target.name, *schema.names} <= set(names)


def _listed(paths: list[Path], directory: Path) -> str:
    names = [str(path.relative_to(directory)) for path in paths[:_SHOWN]]
    more = [f"{len(paths) - _SHOWN:,} more"] if len(paths) > _SHOWN else []
    return ", ".join([*names, *more])
