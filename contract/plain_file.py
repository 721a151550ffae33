"""Reading a file that somebody else may have put there: a regular one, whole, once, in bounds."""

import errno
import os
import stat
from pathlib import Path


class NotPlain(OSError):
    """What bears the name is no regular file of a size that can be right; `strerror` says what."""


class NotText(Exception):
    """A text that cannot be read; the message names the file and says why."""


def text(path: Path, limit: int) -> str:
    """An operator's own text, behind a symbolic link or not; raises NotText."""
    try:
        return read(path, limit, follow=True).decode()
    except NotPlain as error:
        raise NotText(f"{path} {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise NotText(f"{path}: not UTF-8 at byte {error.start:,}") from error
    except OSError as error:
        raise NotText(f"{path}: {error.strerror}") from error


def read(path: Path, limit: int, *, follow: bool = False) -> bytes:
    """The content, of at most `limit` bytes; raises NotPlain, or OSError as open does.

    Nothing blocks, as opening a pipe would. `follow`: whether a symbolic link may lead to it, as
    an operator's own may.
    """
    # Without O_NONBLOCK the open itself would wait for a pipe's other end.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        raise _in_words(path, error) from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise NotPlain(errno.EINVAL, "is not a regular file", str(path))
        with open(descriptor, "rb", closefd=False) as file:
            # Read, and not only asked for its size: a file may grow meanwhile.
            content = file.read(limit + 1) if found.st_size <= limit else None
    finally:
        os.close(descriptor)
    if content is None or len(content) > limit:
        raise NotPlain(errno.EFBIG, f"has more than {limit:,} bytes", str(path))
    return content


def _in_words(path: Path, error: OSError) -> OSError:
    """An open that failed for the kind of the file."""
    match error.errno:
        case errno.ELOOP:
            return NotPlain(error.errno, "is a symbolic link, which is not followed", str(path))
        case errno.ENXIO | errno.ENODEV:
            return NotPlain(error.errno, "is not a regular file", str(path))
        case _:
            return error
