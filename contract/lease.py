"""A version in use: whoever serves it holds a shared lock on its metadata for as long as it does.

The lock can be taken on a mount that is read-only, and by every container of a host; it keeps a
version from being removed, and does nothing else.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from contract import lock
from contract.metadata import METADATA

_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Lease:
    """Held until it is released, or nobody refers to it; the kernel lets go of a dead process's.

    Where it cannot be had, as on a file system without locks, the version is served all the same.
    """

    def __init__(self, directory: Path) -> None:
        self._descriptor: int | None = None
        with suppress(OSError):
            self._descriptor = os.open(directory / METADATA, os.O_RDONLY | _FLAGS)
            fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def release(self) -> None:
        """Let the version be removed; again is no harm."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def __del__(self) -> None:
        self.release()


@contextmanager
def withheld(directory: Path) -> Iterator[bool]:
    """Whether nobody uses the version; then nobody can take it into use meanwhile.

    Raises OSError or LockError.
    """
    descriptor = _opened(directory / METADATA)
    if descriptor is None:
        yield True
        return
    try:
        yield lock.try_exclusively(descriptor, directory)
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int | None:
    """None where there is nothing that could be locked."""
    # To write: NFS locks nothing exclusively that is open to be read.
    for access in (os.O_RDWR, os.O_RDONLY):
        try:
            return os.open(path, access | _FLAGS)
        except FileNotFoundError:
            return None
        except PermissionError:
            continue
    return None
