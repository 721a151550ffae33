"""Where the data of a server lies that need not outlive the run: in memory, where there is room.

A copy of the migrated database is three hundred files, which a disk makes ten times slower.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ROOM = 2 * 2**30
_PREFIX = "mlops-"


@contextmanager
def server_directory() -> Iterator[Path]:
    """A directory that another user can reach, as a server that root starts runs as one.

    TMPDIR, where it is set, says that it lies elsewhere.
    """
    root = _MEMORY if _in_memory() else Path(tempfile.gettempdir())
    with _locked(root):
        _sweep(root)
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
        lock = _lock(path)
    try:
        path.chmod(0o755)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def _in_memory() -> bool:
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.R_OK | os.W_OK | os.X_OK):
        return False
    return shutil.disk_usage(_MEMORY).free > _ROOM


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Nobody sweeps between another's directory and its lock."""
    descriptor = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _lock(path: Path) -> int:
    """Hold the directory as long as this process lives; raises OSError where another does."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _sweep(root: Path) -> None:
    """Give back the memory of runs that were killed: nobody holds their directories."""
    if root != _MEMORY:
        return
    for path in root.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            descriptor = _lock(path)
            shutil.rmtree(path, ignore_errors=True)
            os.close(descriptor)
