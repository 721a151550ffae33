"""A process's own directory in the spool: locked while the process lives, adoptable afterwards.

Only what bears our marks is ours: directories with the names below, in them a lock and segments.
Everything else was put there by somebody else, and is neither locked, changed nor removed.
"""

import fcntl
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from contract.durable import sync_directory
from db.log.private import close_directory, make_directory, open_file

LOCK = "LOCK"
QUARANTINE = "quarantine"
AGAIN = "again"
"""A directory that a person makes, to give rows back: see docs/operating.md."""
SUFFIX = ".seg"

_PROCESS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNFINISHED = re.compile(rf"\.{_PROCESS.pattern}")
# By a process's count, or as quarantine names them.
_SEGMENT = re.compile(r"(?:[0-9]{12}|[0-9a-f]{32})\.seg")
_NOTE_BYTES = 4096
# A file system makes it at its root, for itself.
_HARMLESS = {"lost+found"}


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
        make_directory(root)
        if foreign(root) <= _HARMLESS:
            # The operator's own link to another disk is fine.
            close_directory(root.resolve())
        _sweep(root)
        name = str(uuid.uuid4())
        # Locked before it has its name: between the two, another process would adopt it.
        hidden = root / f".{name}"
        make_directory(hidden)
        lock = open_file(hidden / LOCK, os.O_RDWR | os.O_CREAT)
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
        """The directory of a process that is gone; None if it lives, or another was faster.

        Raises OSError.
        """
        try:
            lock = open_file(path / LOCK, os.O_RDWR | os.O_CREAT)
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

    @property
    def note(self) -> bytes:
        """What its process wrote beside the rows last; raises OSError."""
        return os.pread(self._lock, _NOTE_BYTES, 0)

    def keep(self, note: bytes) -> None:
        """Write a note of at most 4 KiB beside the rows; raises OSError."""
        # In one piece and always as long: whatever moment the process ends at, it can be read.
        os.pwrite(self._lock, note.ljust(_NOTE_BYTES), 0)

    def segments(self) -> list[Path]:
        """The segment files, oldest first; raises OSError."""
        return _segments(self.path)

    def segment(self, number: int) -> Path:
        """Path of the segment with that number."""
        return self.path / f"{number:012d}{SUFFIX}"

    def try_out(self, content: bytes) -> None:
        """Write a segment, make it durable and remove it; raises OSError."""
        path = self.segment(0)
        descriptor = open_file(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        try:
            os.write(descriptor, content)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
            path.unlink(missing_ok=True)

    @property
    def exists(self) -> bool:
        """Whether the directory is still the one that was locked."""
        try:
            return (self.path / LOCK).stat().st_ino == os.fstat(self._lock).st_ino
        except OSError:
            return False

    def remove(self) -> None:
        """Remove the directory, unless something is left in it, and let go of it."""
        (self.path / LOCK).unlink(missing_ok=True)
        if not any(self.path.iterdir()):
            self.path.rmdir()
        self.release()

    def release(self) -> None:
        """Let go of the directory; what lies there may be adopted."""
        os.close(self._lock)


def others(root: Path, own: Path | None) -> Iterator[Path]:
    """The directories of other processes, living or dead, and what is given back."""
    for path in _directories(root):
        named = _PROCESS.fullmatch(path.name) or path.name == AGAIN
        if named and path != own:
            yield path


def is_left(path: Path) -> bool:
    """Whether there is something for an adopter to do; raises OSError."""
    if _segments(path):
        return True
    # An empty one is what a process left that was killed at its end. `again` is being filled.
    return path.name != AGAIN and not _strange(path)


def foreign(root: Path) -> set[str]:
    """The names in the spool that are not ours; raises OSError."""
    ours = {path.name for path in (*others(root, None), *_hidden(root))}
    quarantine = root / QUARANTINE
    return {
        entry.name for entry in root.iterdir() if entry.name not in ours and entry != quarantine
    } | {f"{path.name}/{name}" for path in others(root, None) for name in _seen(path)}


def size_of(path: Path) -> int:
    """Bytes in the segments below `path`, as far as they can be seen."""
    total = 0
    # What its owner released meanwhile, or what is closed to us, is no size.
    with suppress(OSError):
        for segment in _segments(path):
            with suppress(FileNotFoundError):
                total += segment.lstat().st_size
    return total


def _sweep(root: Path) -> None:
    """Remove what a process left that was killed while it made its directory: no row is in it."""
    for hidden in _hidden(root):
        # Whatever stands in the way there, a new directory can be made all the same.
        with suppress(OSError):
            empty = {path.name for path in hidden.iterdir()} <= {LOCK}
            if empty and (abandoned := SpoolDirectory.adopt(hidden)):
                abandoned.remove()


def _hidden(root: Path) -> Iterator[Path]:
    return (path for path in _directories(root) if _UNFINISHED.fullmatch(path.name))


def _directories(root: Path) -> list[Path]:
    """Real directories, in order; what a link names lies elsewhere."""
    try:
        with os.scandir(root) as entries:
            found = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []
    return [root / name for name in sorted(found)]


def _segments(path: Path) -> list[Path]:
    with os.scandir(path) as entries:
        names = [
            entry.name
            for entry in entries
            if _SEGMENT.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
        ]
    return [path / name for name in sorted(names)]


def _strange(path: Path) -> set[str]:
    """What lies in a directory of ours and is not ours; raises OSError."""
    ours = {segment.name for segment in _segments(path)} | {LOCK}
    return {entry.name for entry in path.iterdir()} - ours


def _seen(path: Path) -> set[str]:
    try:
        return _strange(path)
    except OSError:
        return set()
