"""Files and directories that nobody else may look into, and names that lead nowhere else.

The spool holds what callers sent. Whoever can make names in it must not make us read, write or
wait for something else: a link is never followed, a pipe never waited for.
"""

import errno
import os
import stat
from pathlib import Path

_PLAIN = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_DIRECTORY = 0o700
_FILE = 0o600
_OTHERS = 0o077


def make_directory(path: Path) -> None:
    """Make the directory where it is not there yet, whatever the umask; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(_DIRECTORY)
    except FileExistsError:
        if not path.is_dir():
            raise
        return
    path.chmod(_DIRECTORY)


def close_directory(path: Path) -> None:
    """Take what others may do with a directory of ours from them; raises OSError."""
    status = path.lstat()
    # One with a sticky or a group bit was made for several users on purpose.
    shared = status.st_mode & (stat.S_ISVTX | stat.S_ISGID)
    if not stat.S_ISDIR(status.st_mode):
        raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    if status.st_mode & _OTHERS and status.st_uid == os.geteuid() and not shared:
        path.chmod(_DIRECTORY)


def close_file(path: Path) -> None:
    """The same for a file; raises OSError."""
    descriptor = open_file(path, os.O_RDONLY)
    try:
        if os.fstat(descriptor).st_uid == os.geteuid():
            os.fchmod(descriptor, _FILE)
    finally:
        os.close(descriptor)


def open_file(path: Path, flags: int) -> int:
    """A descriptor of a regular file; with O_CREAT it is made, whatever the umask.

    Raises OSError, also for a link, a pipe, a socket or a device.
    """
    descriptor = os.open(path, flags | _PLAIN, _FILE)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    if flags & os.O_CREAT and status.st_uid == os.geteuid():
        os.fchmod(descriptor, _FILE)
    return descriptor
