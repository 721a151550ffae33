"""Numbers that a process counts, and that every worker of the service can read.

prometheus_client has a mode for several processes. It is not used: it is chosen by the environment
at import, costs a lock and four packed numbers for each count, knows neither these infos nor
summaries, leaves a file for each process that ever ran, and takes a new process for the dead one
whose number it got. Here a worker counts in a page of shared memory: a scrape reads the pages of
all, exact to the last request, and a count outlives whoever is killed.
"""

import fcntl
import json
import mmap
import os
import struct
import sys
import tempfile
import zlib
from collections.abc import Iterator
from multiprocessing.reduction import DupFd
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Labels = dict[str, Any]

# Behind the cells: length and CRC-32 of the labels, then the labels as JSON.
_LABELS = struct.Struct("<II")
_ATTEMPTS = 10


class Page(NamedTuple):
    """What one process says, or said."""

    cells: NDArray[np.float64]
    labels: Labels
    """Whatever text belongs to the cells."""
    alive: bool


class Figures:
    """The page of the only process; nobody else reads it."""

    shared = False

    def __init__(self, size: int) -> None:
        self.cells = memoryview(bytearray(8 * size)).cast("d")
        """As a list of floats; one thread writes it."""
        self.labels: Labels = {}

    def pages(self) -> Iterator[Page]:
        """Every process's page, this one's first."""
        yield Page(np.array(self.cells), self.labels, alive=True)

    def publish(self) -> None:
        """Let the others see changed labels; call it before counting in their cells."""

    def close(self) -> None:
        """Cease to be alive; what was counted stays."""


class SharedPages:
    """Memory for the pages of all workers: the supervisor makes it, and each worker inherits it.

    It has no name, so that nobody who clears directories can take it away, and it is gone when
    the last process is that has it.
    """

    def __init__(self, size: int, count: int) -> None:
        self.bytes = 8 * size
        self.files = [_nameless() for _ in range(count)]

    def __reduce__(self) -> tuple[object, ...]:
        """Sent to a process that is being started, the files go along open."""
        return _inherited, (self.bytes, [DupFd(file) for file in self.files])


class SharedFigures(Figures):
    """One of the pages that all workers share.

    A page belongs to whoever holds its lock, which ends with the process, however it ends. A new
    worker takes the first page that is free and counts on from there, so that nothing that was
    counted is lost. Raises OSError where there is no memory.
    """

    shared = True

    def __init__(self, pages: SharedPages) -> None:
        super().__init__(0)
        self._pages = pages
        self._file = next(file for file in pages.files if _lock(file, fcntl.LOCK_EX))
        if os.fstat(self._file).st_size < pages.bytes:
            # Written, not only made this long: a lack of memory is an error now, no signal later.
            os.pwrite(self._file, bytes(pages.bytes), 0)
        self.cells = memoryview(mmap.mmap(self._file, pages.bytes)).cast("d")
        self.labels = self._labels(self._file)

    def pages(self) -> Iterator[Page]:
        """Every worker's page, this one's first."""
        yield from super().pages()
        for file in self._pages.files:
            if file == self._file:
                continue
            content = os.pread(file, self._pages.bytes, 0)
            if len(content) == self._pages.bytes:
                # The labels after the cells: they are published before their cells are used.
                yield Page(np.frombuffer(content), self._labels(file), _is_locked(file))

    def publish(self) -> None:
        """Let the others see changed labels; call it before counting in their cells."""
        text = json.dumps(self.labels).encode()
        head = _LABELS.pack(len(text), zlib.crc32(text))
        os.pwrite(self._file, head + text, self._pages.bytes)

    def close(self) -> None:
        """Cease to be alive; what was counted stays."""
        fcntl.lockf(self._file, fcntl.LOCK_UN)

    def _labels(self, file: int) -> Labels:
        for _ in range(_ATTEMPTS):
            head = os.pread(file, _LABELS.size, self._pages.bytes)
            if len(head) < _LABELS.size:
                return {}
            size, checksum = _LABELS.unpack(head)
            text = os.pread(file, size, self._pages.bytes + _LABELS.size)
            if zlib.crc32(text) == checksum:
                found: Labels = json.loads(text)
                return found
        return {}  # its owner changes them at this very moment, again and again


def _nameless() -> int:
    if sys.platform == "linux":
        return os.memfd_create("api-figures")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _inherited(size: int, files: list[Any]) -> SharedPages:
    pages = SharedPages(0, 0)
    pages.bytes, pages.files = size, [file.detach() for file in files]
    return pages


def _lock(file: int, kind: int) -> bool:
    try:
        fcntl.lockf(file, kind | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _is_locked(file: int) -> bool:
    """Whether another process holds the page."""
    if not _lock(file, fcntl.LOCK_SH):
        return True
    fcntl.lockf(file, fcntl.LOCK_UN)
    return False
