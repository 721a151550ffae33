"""Finding the data where people put it: under its name, more or less, or not at all.

Where something lies that could be meant, it is taken, or named in a refusal: it must not be passed
over, for then the built-in sample would be trained.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from contract.declaration import Declaration
from trainer.errors import DataRefused
from trainer.sample import has_sample
from trainer.table import columns_in
from trainer.text_file import is_helper, is_training_data, stem

OUTSIDE = Path("data")
"""What the directory of the data is called outside of a container."""

_DEEPEST = 3
_MOST = 1000
_SHOWN = 5

# What data comes in, whether or not it can be read here.
_DATA = re.compile(
    r"\.(csv|tsv|tab|xlsx?|ods|parquet|arff|zip|gz|bz2|xz|zst|7z|rar|tgz|tar|part|crdownload"
    r"|download)$",
    re.IGNORECASE,
)
_READABLE = re.compile(r"\.(csv|tsv|parquet|zip|gz|txt)$", re.IGNORECASE)


def located(path: Path, directory: Path) -> Path:
    """A file that a person names, also by the name that it has outside of a container.

    directory: of the data. Raises DataRefused.
    """
    inside = path.relative_to(OUTSIDE) if path.is_relative_to(OUTSIDE) else path
    for candidate in (path, directory / inside):
        if candidate.exists():
            return candidate
    raise DataRefused(f"{path}: No such file or directory, nor is it in {directory}")


def name_of(declaration: Declaration) -> str:
    """The name under which the data is looked for."""
    return declaration.source.file or f"{declaration.schema.key}.csv"


def find(directory: Path, declaration: Declaration) -> Path | None:
    """The data below a directory, None where nothing is there that could be it.

    Raises DataRefused where it is not clear which file is meant, or none of them can be.
    """
    wanted = name_of(declaration)
    for name in (wanted, f"{wanted}.zip"):
        # A link that leads nowhere is data that is missing, and not no data.
        if os.path.lexists(directory / name):
            return _within(directory / name, declaration)
    found = list(_files(directory))
    meant = [path for path in found if is_training_data(path.name, wanted)]
    meant = meant or [path for path in found if _fits(path, declaration)]
    if len(meant) > 1:
        raise DataRefused(
            f"several files in {directory} could be the data: {_listed(meant, directory)}; name"
            f" the right one {wanted}, or set DATA_PATH to it"
        )
    if meant:
        return meant[0]
    if others := [path for path in found if _is_data(path.name, wanted)]:
        raise DataRefused(
            f"{directory} holds {_listed(others, directory)}, and none of them can be read as the"
            f" training data of {declaration.schema.title}: put {wanted} there"
            f" ({_kind_of(wanted)}), set DATA_PATH to it, or move them away"
            + (" to train on the built-in sample" if has_sample(declaration.schema) else "")
        )
    return None


def _is_data(name: str, wanted: str) -> bool:
    """Whether a file looks like data, or bears the name of it."""
    # A declaration may well be named for its data.
    is_named = stem(wanted) in stem(name) and not name.lower().endswith(".toml")
    return _DATA.search(name) is not None or is_named


def _kind_of(wanted: str) -> str:
    return "Parquet" if wanted.lower().endswith(".parquet") else "a CSV, zipped or not"


def _within(path: Path, declaration: Declaration) -> Path:
    """The data that bears the right name; or a directory does, made by unpacking or by a mount."""
    if not path.is_dir():
        return path
    found = find(path, declaration)
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


def _fits(path: Path, declaration: Declaration) -> bool:
    """Whether a file of another name holds the columns of the data.

    Raises DataRefused where that cannot be told, for the right to read it is lacking.
    """
    if not _READABLE.search(path.name):
        return False
    try:
        names = columns_in(path, declaration)
    except DataRefused as error:
        if isinstance(error.__cause__, PermissionError):
            raise
        return False
    return {declaration.schema.target.name, *declaration.schema.names} <= set(names)


def _listed(paths: list[Path], directory: Path) -> str:
    names = [str(path.relative_to(directory)) for path in paths[:_SHOWN]]
    more = [f"{len(paths) - _SHOWN:,} more"] if len(paths) > _SHOWN else []
    return ", ".join([*names, *more])
