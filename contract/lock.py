"""The lock of those who write to a directory: a file that nobody else can open.

A lock on the directory itself could be taken, and kept, by whoever may read the directory. Nor may
its owner read this file: an api runs as the same user as the trainer, over a mount that is
read-only. A file beside it names the holder. Both are gone when nobody holds it, so that whoever
copies the directory meets nothing that cannot be read.
"""

import errno
import fcntl
import os
import socket
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from contract import plain_file
from contract.text import shown

# Nobody holds it for longer than it takes to remove or to hash a few files.
WAIT_SECONDS = 30.0
_PAUSE_SECONDS = 0.02
_MAX_HOLDER = 1000
_MODE = 0o200

# What flock gives on file systems that have no locks, or have lost those who keep them.
_NO_LOCKS = {errno.ENOLCK, errno.EBADF, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EIO}

_IRREGULAR = "{} is not a regular file: remove it, the trainer makes its own"


class LockError(Exception):
    """The lock cannot be had; the message says why, and what to do."""


@contextmanager
def held(path: Path, wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock `path`; the kernel lets go of a dead process's.

    Raises LockError, also after waiting for that many seconds, or OSError.
    """
    descriptor = _taken(path, time.monotonic() + wait)
    try:
        with _named(_holder_of(path)):
            yield
    finally:
        with suppress(OSError):
            if _is_same(descriptor, path):
                path.unlink()
        os.close(descriptor)


def try_exclusively(descriptor: int, path: Path) -> bool:
    """Take the lock of an open file, False where somebody has it; raises LockError."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        raise LockError(
            f"the file system of {path.parent} gives no locks ({error.strerror}): keep the models"
            " on a local disk, or mount NFS with its lock service (no `nolock`)"
        ) from error
    return True


def _taken(path: Path, deadline: float) -> int:
    while True:
        descriptor = _opened(path)
        try:
            _await(descriptor, path, deadline)
            if _is_same(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its holder removed the file meanwhile: it locks nobody out


def _await(descriptor: int, path: Path, deadline: float) -> None:
    while not try_exclusively(descriptor, path):
        if time.monotonic() > deadline:
            raise LockError(_holder(path))
        time.sleep(_PAUSE_SECONDS)


def _opened(path: Path) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, _MODE)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:
            raise LockError(_IRREGULAR.format(path)) from error
        if error.errno != errno.EACCES or not path.is_file():
            raise
        raise LockError(
            f"{path} belongs to another user (number {path.stat().st_uid}): run the trainer as that"
            " user, or remove the file while no trainer runs"
        ) from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise LockError(_IRREGULAR.format(path))
    if stat.S_IMODE(found.st_mode) != _MODE and found.st_uid == os.geteuid():
        # A copy, or `chmod -R`, had opened it to others. VFAT and SMB have no such modes.
        with suppress(OSError):
            os.fchmod(descriptor, _MODE)
    return descriptor


def _is_same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _holder_of(path: Path) -> Path:
    return path.with_name(f".{path.name}-holder")


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Let a file say who holds the lock; on a full disk it stays silent, and the work goes on."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    command = shown(" ".join(sys.orig_argv[1:]))
    line = f"process {os.getpid()} on {socket.gethostname()} ({command}), since {now}"
    with suppress(OSError):
        path.unlink(missing_ok=True)  # of one that was killed
        path.write_text(line)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _holder(path: Path) -> str:
    try:
        line = plain_file.read(_holder_of(path), _MAX_HOLDER).decode(errors="replace")
    except OSError:
        line = ""
    who = shown(line, _MAX_HOLDER) or "a process that does not say which it is"
    return f"{path} is held by {who}: wait until it has ended, or stop it, and try again"
