"""Files and directories that nobody else may read or change.

Root runs the server as an account without rights, and shares the machine with others. So root
follows no name in a place that one of them may write: such a place is opened once, without
following a link, and what is looked at is what is changed.
"""

import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from local.account import Account, name_of
from local.errors import LocalError

_READ_LIMIT = 4096


def private_directory(path: Path, former: Collection[int] = ()) -> None:
    """Make a directory that is closed to everybody else, or close one that is there.

    One that belongs to a `former` owner is taken over. Raises LocalError where it belongs to
    somebody else.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _opened(path) as descriptor:
        owner, oneself = os.fstat(descriptor).st_uid, os.geteuid()
        if owner != oneself:
            if oneself != 0 or owner not in former:
                raise LocalError(
                    f"{path} belongs to {name_of(owner)}, and this runs as {name_of(oneself)}: run"
                    f" it as {name_of(owner)}, or move the directory away"
                )
            os.fchown(descriptor, oneself, os.getegid())
        os.fchmod(descriptor, 0o700)


def close_tree(path: Path) -> None:
    """Take the rights of everybody else from what is ours, and from all that lies in it."""
    if path.is_symlink() or not path.exists():
        return
    path.chmod(path.stat().st_mode & 0o700)
    for _, directories, files, descriptor in os.fwalk(path):
        for name in (*directories, *files):
            # What a running process removes meanwhile needs no closing.
            with suppress(FileNotFoundError):
                mode = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode
                if not stat.S_ISLNK(mode) and mode & 0o077:
                    os.chmod(name, mode & 0o700, dir_fd=descriptor)


def give(path: Path, account: Account, former: Collection[int]) -> None:
    """As root, hand to an account what is `former` owners' of a directory and of all in it.

    What is anybody else's stays so: somebody may have laid it there to have it given away.
    """
    with _opened(path) as descriptor:
        if os.fstat(descriptor).st_uid != account.uid:
            _give(descriptor, account, former)


def _give(descriptor: int, account: Account, former: Collection[int]) -> None:
    # From here on its former owner cannot change it; the account gets it last, so that a run that
    # was interrupted is seen and gone on with.
    os.fchown(descriptor, 0, 0)
    os.fchmod(descriptor, 0o700)
    for name in os.listdir(descriptor):
        status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
        if status.st_uid not in {*former, account.uid, 0}:
            continue
        if stat.S_ISDIR(status.st_mode):
            with _opened(name, within=descriptor) as child:
                _give(child, account, former)
        elif status.st_uid != 0:
            os.chown(name, account.uid, account.gid, dir_fd=descriptor, follow_symlinks=False)
    os.fchown(descriptor, account.uid, account.gid)


def read_plain(path: Path) -> str | None:
    """A small file's text; None where there is none, or something else of that name."""
    try:
        # Neither does it follow a link, nor wait for somebody at the other end of a pipe.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return file.read(_READ_LIMIT).decode(errors="replace")


def open_log(path: Path) -> int:
    """A file descriptor that appends to a file of ours, closed to everybody else."""
    with suppress(FileNotFoundError):
        status = path.lstat()
        own = status.st_uid == os.geteuid() and status.st_nlink == 1
        if not own or not stat.S_ISREG(status.st_mode):
            path.unlink()
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    os.fchmod(descriptor, 0o600)
    return descriptor


@contextmanager
def _opened(path: Path | str, within: int | None = None) -> Iterator[int]:
    flags = os.O_RDONLY | os.O_DIRECTORY
    # An ordinary user may have laid a link to another disk; nobody else can have.
    if os.geteuid() == 0:
        flags |= os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags, dir_fd=within)
    except OSError as error:
        raise LocalError(f"{path} cannot be used as a directory: {error.strerror}") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)
