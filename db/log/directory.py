"""A process's own directory in the spool: locked while the process lives, adoptable afterwards."""

import fcntl
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from contract.durable import sync_directory

LOCK = "LOCK"
QUARANTINE = "quarantine"
SUFFIX = ".seg"


class SpoolDirectory:
    """`<root>/<uuid>/`, held by a lock on its file LOCK.

    The kernel lets go of the lock when the process ends, however it ends; whoever takes it next
    owns what lies there.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def create(cls, root: Path) -> "SpoolDirectory":
        """A new directory; raises OSError."""
        root.mkdir(parents=True, exist_ok=True)
        _sweep(root)
        name = str(uuid.uuid4())
        # Locked before it has its name: between the two, another process would adopt it.
        hidden = root / f".{name}"
        hidden.mkdir()
        lock = os.open(hidden / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            hidden.rename(root / name)
            sync_directory(root)
        except OSError:
            os.close(lock)
            raise
        return cls(root / name, lock)

    @classmethod
    def adopt(cls, path: Path) -> "SpoolDirectory | None":
        """The directory of a process that is gone; None if it lives, or another was faster."""
        try:
            lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Another adopter may have removed the directory between our open and our lock.
            if (path / LOCK).stat().st_ino == os.fstat(lock).st_ino:
                return cls(path, lock)
        except (BlockingIOError, FileNotFoundError):
            pass
        os.close(lock)
        return None

    def segments(self) -> list[Path]:
        """The segment files, oldest first."""
        return sorted(self.path.glob(f"*{SUFFIX}"))

    def segment(self, number: int) -> Path:
        """Path of the segment with that number."""
        return self.path / f"{number:012d}{SUFFIX}"

    @property
    def exists(self) -> bool:
        """Whether the directory is still the one that was locked."""
        try:
            return (self.path / LOCK).stat().st_ino == os.fstat(self._lock).st_ino
        except OSError:
            return False

    def remove(self) -> None:
        """Remove the empty directory and let go of it."""
        (self.path / LOCK).unlink(missing_ok=True)
        self.path.rmdir()
        self.release()

    def release(self) -> None:
        """Let go of the directory; what lies there may be adopted."""
        os.close(self._lock)


def _sweep(root: Path) -> None:
    """Remove what a process left that was killed while it made its directory: no row is in it."""
    for hidden in root.glob(".*"):
        if hidden.is_dir() and (abandoned := SpoolDirectory.adopt(hidden)):
            abandoned.remove()


def others(root: Path, own: Path | None) -> Iterator[Path]:
    """The directories of other processes, living or dead."""
    try:
        entries = sorted(root.iterdir())
    except FileNotFoundError:
        return
    for entry in entries:
        hidden = entry.name.startswith(".") or entry.name == QUARANTINE
        if not hidden and entry != own and entry.is_dir():
            yield entry


def size_of(path: Path) -> int:
    """Bytes in the segments below `path`."""
    total = 0
    for segment in path.glob(f"*{SUFFIX}"):
        try:
            total += segment.stat().st_size
        except FileNotFoundError:
            continue  # its owner released it meanwhile
    return total
