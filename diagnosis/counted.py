"""The counts of a source's streams, of the last weeks: by day, and by hour since yesterday."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diagnosis.hours import DAY

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

KEPT_DAYS = 42
_BACK_DAYS = 14
_SURE = 7.0


@dataclass(eq=False)
class Counted:
    """K streams: days, day_ones, day_rows are of whole days that are over, (D,) and (D, K).

    hours_from, hour_ones, hour_rows: of the hours since the last midnight but one. given: (K,), the
    stream that tells how many rows lack the value that a stream is of, -1 where none does.
    from_hour: what lies before it is of another time, and is not compared.
    """

    days: Counts
    day_ones: Counts
    day_rows: Counts
    hours_from: int
    hour_ones: Counts
    hour_rows: Counts
    given: Counts
    from_hour: int = 0

    @classmethod
    def new(cls, given: Counts, hour: int) -> "Counted":
        """Before its first row, which comes in `hour`."""
        k, into, none = len(given), hour % DAY, np.zeros(0, dtype=np.int64)
        day_ones, hour_ones = (np.zeros((rows, k), dtype=np.int64) for rows in (0, into))
        hour_rows = np.zeros(into, dtype=np.int64)
        return cls(none, day_ones, none, hour - into, hour_ones, hour_rows, given)

    @property
    def end(self) -> int:
        """The hour after the last."""
        return self.hours_from + len(self.hour_rows)

    def among(self, ones: Counts | Floats, rows: Counts | Floats | int) -> Floats:
        """Of how many rows the ones are a share, (..., K): of those that have a value."""
        return among(self.given, ones, rows)

    def add(self, ones: Counts, rows: int) -> None:
        """The next hour."""
        self.hour_ones = np.vstack([self.hour_ones, ones])
        self.hour_rows = np.append(self.hour_rows, rows)

    def fold(self, hour: int) -> "list[tuple[Counts, Counts]]":
        """At a midnight: put the hours before yesterday together; ones and rows of each, by day."""
        found = []
        while self.hours_from + 2 * DAY <= hour:
            ones, rows = self.hour_ones[:DAY], self.hour_rows[:DAY]
            found.append((ones, rows))
            self.days = np.append(self.days, self.hours_from // DAY)[-KEPT_DAYS:]
            self.day_ones = np.vstack([self.day_ones, ones.sum(axis=0)])[-KEPT_DAYS:]
            self.day_rows = np.append(self.day_rows, rows.sum())[-KEPT_DAYS:]
            self.hour_ones, self.hour_rows = self.hour_ones[DAY:], self.hour_rows[DAY:]
            self.hours_from += DAY
        return found

    def blocks(self, k: int) -> tuple[Floats, Floats, Floats, Floats]:
        """Starts, ends, ones and rows of the days and then the hours of a stream that has rows."""
        hours = self.hours_from + np.arange(len(self.hour_rows))
        starts = np.concatenate([self.days * DAY, hours]).astype(np.float64)
        ends = np.concatenate([self.days * DAY + DAY, hours + 1]).astype(np.float64)
        whole = np.concatenate([self.day_ones, self.hour_ones])
        of = np.concatenate([self.day_rows, self.hour_rows])
        rows = (of - whole[:, self.given[k]] if self.given[k] >= 0 else of).astype(np.float64)
        told = (rows > 0) & (starts >= self.from_hour)
        return starts[told], ends[told], whole[told, k].astype(np.float64), rows[told]

    def since(self, k: int, onset: float) -> tuple[float, float]:
        """Ones and rows of a stream since an hour."""
        starts, ends, ones, rows = self.blocks(k)
        later = ends > onset
        # A day within which the onset lies is left out where there is anything else.
        if (whole := starts >= onset).any():
            later = whole
        return float(ones[later].sum()), float(rows[later].sum())

    def is_back(
        self, k: int, onset: float, levels: tuple[float, float], tolerance: float, uneven: float
    ) -> bool | None:
        """Whether the last days, one to fourteen, are those of the first level, not the second.

        None while they cannot tell.
        """
        starts, _, ones, rows = self.blocks(k)
        old, new = (min(max(p, 1e-6), 1 - 1e-6) for p in levels)
        for days in range(1, _BACK_DAYS + 1):
            last = starts >= self.end - days * DAY
            n, found = rows[last].sum(), ones[last].sum()
            if not n or self.end - days * DAY < onset:
                return None
            sure = found * np.log(old / new) + (n - found) * np.log((1 - old) / (1 - new))
            error = np.sqrt(old * (1 - old) / n * uneven)
            if abs(sure) >= _SURE * uneven:
                return bool(sure > 0 and abs(found / n - levels[0]) <= tolerance + 2 * error)
        return None


def among(given: Counts, ones: Counts | Floats, rows: Counts | Floats | int) -> Floats:
    """Of how many rows each of the ones, (..., K), is a share; rows are all, (...)."""
    lacking = np.where(given >= 0, ones[..., given], 0)
    found: Floats = np.asarray(rows, dtype=np.float64)[..., None] - lacking
    return found
