"""A test that is marked `alone` has the machine to itself: no other worker runs a test meanwhile.

The others are in a room together; it is there by itself. Whoever wants in passes a door, which it
holds shut while it waits, so that the others do not go on taking turns.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def place(folder: Path, *, alone: bool) -> Iterator[None]:
    """Wait for a place among the tests of the run that `folder` belongs to, and hold it."""
    with _file(folder / "room") as room:
        with _file(folder / "door") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


@contextmanager
def _file(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        # Said, and not left to close(): a child that was forked meanwhile may hold it as well.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)
