"""A point in time by which something has to happen."""

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls `missed` once the time is over, unless it was moved or lifted meanwhile.

    A connection moves its deadline with every request: that costs an assignment and no timer, for
    the timer that runs already looks again when it is due.
    """

    __slots__ = ("_due", "_loop", "_missed", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, missed: Callable[[], None]) -> None:
        self._loop = loop
        self._missed = missed
        self._due: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float) -> None:
        """From now on it has to happen within that time."""
        self._due = due = self._loop.time() + seconds
        timer = self._timer
        if timer is not None and timer.when() > due:
            timer.cancel()
            timer = None
        if timer is None:
            self._timer = self._loop.call_at(due, self._look)

    def lift(self) -> None:
        """It has happened."""
        self._due = None

    def close(self) -> None:
        """There is nothing to wait for any more."""
        self._due = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self._loop.time() < self._due:
            self._timer = self._loop.call_at(self._due, self._look)
        else:
            self._due = None
            self._missed()
