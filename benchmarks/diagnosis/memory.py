"""`Evidence` of a stream that is in memory."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from diagnosis.evidence import Event
from diagnosis.rows import Floats, Places, Rows


@dataclass(eq=False)
class MemoryEvidence:
    """Samples of a stream's rows, which are in the order of time.

    foreign: (n,), whose score the bundle does not give. Which rows a sample takes is a matter of a
    number that each row has from the start: the same question has the same answer.
    """

    stream: Rows
    foreign: NDArray[np.bool_]
    known: tuple[Event, ...] = ()
    _lots: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self._lots = np.random.default_rng(len(self.stream)).random(len(self.stream))

    def rows(self, first: int, end: int, as_of: int, most: int) -> Rows:
        """Of the cases from hour `first` until before `end`."""
        return self._told(self._drawn(self.stream.times, first, end, most), as_of)

    def due(self, first: int, end: int, most: int) -> Rows:
        """Of the cases whose outcome fell due from `first` until before `end`, as of `end`."""
        return self._told(self._drawn(self.stream.due, first, end, most), end)

    def rescored(self, first: int, end: int, most: int) -> tuple[int, int]:
        """How many of a sample's scores the served model does not give, and of how many."""
        drawn = self._drawn(self.stream.times, first, end, most)
        return int(self.foreign[drawn].sum()), len(drawn)

    def events(self, first: int, end: int) -> tuple[Event, ...]:
        """What is known to have happened, in order."""
        return tuple(event for event in self.known if first <= event.at < end)

    def _drawn(self, times: Floats, first: int, end: int, most: int) -> Places:
        low, high = np.searchsorted(times, [first, end])
        found = np.arange(low, high)
        if len(found) > most:
            lots = self._lots[low:high]
            found = np.sort(found[np.argpartition(lots, most)[:most]])
        return found

    def _told(self, drawn: Places, as_of: int) -> Rows:
        rows = self.stream.of(drawn)
        unheard = ~(rows.observed < as_of)
        rows.outcomes[unheard] = np.nan
        rows.observed[unheard] = np.nan
        return rows
