"""Directories aside, in which a bundle is made or goes away, so that nobody sees half of one.

Each holds a lock while its process lives, whatever ends it: the sign that it is still at work.
"""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contract import lock
from contract.lock import LockError

_PREFIX = ".staging-"
_LOCK = "lock"
_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@contextmanager
def aside(root: Path) -> Iterator[Path]:
    """A hidden directory that is gone afterwards; entered while the store is locked.

    Raises OSError or LockError.
    """
    directory = root / f"{_PREFIX}{uuid.uuid4().hex}"
    directory.mkdir()
    try:
        # As the store's own lock: who may only read cannot open it.
        mark = os.open(directory / _LOCK, os.O_WRONLY | os.O_CREAT | _FLAGS, 0o200)
        try:
            lock.try_exclusively(mark, directory / _LOCK)
            yield directory
        finally:
            os.close(mark)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def sweep(root: Path) -> None:
    """Remove what killed trainers left behind; called while the store is locked."""
    for directory in root.glob(f"{_PREFIX}*"):
        mark = _mark(directory)
        if mark is None:
            continue
        try:
            if lock.try_exclusively(mark, directory):
                shutil.rmtree(directory, ignore_errors=True)
        except LockError:
            continue  # it costs room, and nothing else
        finally:
            os.close(mark)


def _mark(directory: Path) -> int | None:
    """The file that its trainer has locked; None where it has just published or removed it.

    The release before locked the directory itself.
    """
    for path, access in ((directory / _LOCK, os.O_WRONLY), (directory, os.O_DIRECTORY)):
        try:
            return os.open(path, access | _FLAGS)
        except OSError:
            continue
    return None
