"""Numbers that a process counts, and that every worker of the service can read.

prometheus_client has a mode for several processes. It is not used: it is chosen by the environment
at import, costs a lock and four packed numbers for each count, knows neither these infos nor
summaries, leaves a file for each process that ever ran, and takes a new process for the dead one
whose number it got. Here a worker counts in a page of shared memory: a scrape reads the pages of
all, exact to the last request, and a count outlives whoever is killed.
"""

import fcntl
import itertools
import json
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Labels = dict[str, Any]


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


class SharedFigures(Figures):
    """A page in a directory that all workers share.

    A page belongs to whoever holds its lock, which ends with the process, however it ends. A new
    worker takes the first page that is free and counts on from there: there are never more pages
    than there were workers at once, and nothing that was counted is lost.
    """

    shared = True

    def __init__(self, size: int, directory: Path) -> None:
        super().__init__(0)
        self._directory = directory
        self._bytes = 8 * size
        self._number, self._descriptor = self._take()
        if os.fstat(self._descriptor).st_size < self._bytes:
            # Written, not only made this long: a full disk is an error now, not a signal later.
            os.pwrite(self._descriptor, bytes(self._bytes), 0)
        self.cells = memoryview(mmap.mmap(self._descriptor, self._bytes)).cast("d")
        self.labels = self._labels(self._number)

    def pages(self) -> Iterator[Page]:
        """Every worker's page, this one's first."""
        yield from super().pages()
        for number in itertools.count():
            try:
                descriptor = os.open(self._page(number), os.O_RDONLY)
            except FileNotFoundError:
                return
            try:
                alive = number != self._number and not _lock(descriptor, fcntl.LOCK_SH)
                content = os.pread(descriptor, self._bytes, 0)
            finally:
                os.close(descriptor)
            if number != self._number and len(content) == self._bytes:
                # The labels after the cells: they are published before their cells are used.
                yield Page(np.frombuffer(content), self._labels(number), alive)

    def publish(self) -> None:
        """Let the others see changed labels; call it before counting in their cells."""
        new = self._directory / f"{self._number}.new"
        new.write_text(json.dumps(self.labels))
        new.replace(self._directory / f"{self._number}.json")

    def close(self) -> None:
        """Cease to be alive; what was counted stays."""
        # The map has a descriptor of its own, so closing this one alone would keep the lock.
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)

    def _take(self) -> tuple[int, int]:
        for number in itertools.count():
            descriptor = os.open(self._page(number), os.O_RDWR | os.O_CREAT, 0o600)
            if _lock(descriptor, fcntl.LOCK_EX):
                return number, descriptor
            os.close(descriptor)
        raise AssertionError("numbers do not end")

    def _page(self, number: int) -> Path:
        return self._directory / str(number)

    def _labels(self, number: int) -> Labels:
        try:
            found: Labels = json.loads((self._directory / f"{number}.json").read_text())
        except FileNotFoundError:
            return {}
        return found


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
