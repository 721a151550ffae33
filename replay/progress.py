"""Says how far a replay is, now and then."""

import time
from collections.abc import Callable

from replay.moments import moment_of

_SECONDS = 5.0


class Progress:
    """Counts rows, and says a line every few seconds."""

    def __init__(self, say: Callable[[str], None], seconds: float = _SECONDS) -> None:
        self._say = say
        self._seconds = seconds
        self._began = self._last = time.monotonic()
        self.predictions = 0
        self.outcomes = 0
        self._before = 0
        self.total = 0

    def resume(self, done: int, total: int) -> None:
        """So many predictions of so many were sent before."""
        self.predictions = self._before = done
        self.total = total
        self._began = time.monotonic()

    def read(self, rows: int) -> None:
        """So many rows of the file are read."""
        if self._is_due():
            self._say(f"read {rows:,} rows ...")

    def at(self, moment: int) -> None:
        """The stream is at this time, in microseconds since 1970."""
        if self._is_due():
            clock = moment_of(moment).strftime("%Y-%m-%d %H:%M")
            self._say(
                f"{clock}  {self.predictions:,} of {self.total:,} rows, {self.outcomes:,} outcomes,"
                f" {self.rate:,.0f} rows/s"
            )

    @property
    def summary(self) -> str:
        """All of it, in a line."""
        seconds = time.monotonic() - self._began
        return (
            f"{self.predictions:,} of {self.total:,} rows, {self.outcomes:,} outcomes in this run,"
            f" {seconds:,.1f} s, {self.rate:,.0f} rows/s"
        )

    @property
    def rate(self) -> float:
        """Predictions a second since the beginning, rounds and waiting included."""
        return (self.predictions - self._before) / max(time.monotonic() - self._began, 1e-3)

    def _is_due(self) -> bool:
        now = time.monotonic()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True
