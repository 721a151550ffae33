"""What is usual of a source: the shares of its first weeks, and how they move by themselves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diagnosis.counted import Counted
from diagnosis.hours import DAY

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]

LEAST_DAYS, LEAST_ROWS = 7, 2000
# A day is learnt when it is a week old and nothing is suspected: a change is seen before that.
_LAG_DAYS = 7
_FULL_DAYS, _FULL_ROWS, _MOST_DAYS = 28, 100_000, 91
# Two weeks less the last days, which are not put together yet.
_TWO_WEEKS = 12
# Hours of independent rows that the unevenness begins with, and where it begins to count.
_CALM_HOURS, _UNEVEN = 48.0, 1.3
# A season's swing is its standard deviation times this, and a little more.
_MOVEMENT, _CLEARLY = 2.33, 4.5
_PHASES, _MEMORY = 6, 0.9
_DIGITS = 6


@dataclass(eq=False)
class Usual:
    """Of K streams: ones and rows, (K,), of its first `days`; those from `considered` on are new.

    uneven_sum, uneven_hours: how much more the shares differ from hour to hour than those of
    independent rows; uneven: that as of the last midnight. phase_ones, phase_rows: by six parts of
    the day, of the last weeks. movement: how much a share moves with the days, or the hours of the
    day, by itself.
    """

    ones: Floats
    rows: Floats
    days: int
    considered: int
    uneven_sum: Floats
    uneven_hours: float
    uneven: Floats
    phase_ones: Floats
    phase_rows: Floats
    movement: Floats

    @classmethod
    def new(cls, streams: int, hour: int) -> "Usual":
        """Before the first row."""
        zeros = [np.zeros(streams) for _ in range(4)]
        phases = np.zeros((_PHASES, streams)), np.zeros(_PHASES)
        ones, rows, uneven, movement = zeros
        return cls(ones, rows, 0, hour // DAY, uneven, 0.0, np.ones(streams), *phases, movement)

    @property
    def ready(self) -> bool:
        """Whether its first weeks are known."""
        return self.days >= LEAST_DAYS

    @property
    def full(self) -> bool:
        """Whether it has learnt enough, and is what it is from now on."""
        many = float(self.rows.max(initial=0)) >= _FULL_ROWS
        return (self.days >= _FULL_DAYS and many) or self.days >= _MOST_DAYS

    def shares(self) -> tuple[Floats, Floats]:
        """The shares with their errors, (K,): uneven rows say as much as fewer even ones."""
        rows = self.rows / self.uneven
        share = self.ones / np.maximum(self.rows, 1.0)
        # As if there were two rows more, one of them a one: no share is known without an error.
        kept = (share * rows + 1) / (rows + 2)
        return share, np.sqrt(kept * (1 - kept) / (rows + 2))

    def unevenness(self) -> Floats:
        """(K,): the variance over that of independent rows, from 1."""
        found = (_CALM_HOURS + self.uneven_sum) / (_CALM_HOURS + self.uneven_hours)
        return np.where(found > _UNEVEN, found, 1.0)

    def compare(
        self, hour: tuple[Floats, Floats], before: tuple[Floats, Floats], share: Floats, calm: Mask
    ) -> None:
        """Ones and rows of an hour with those before it, of shares that are about `share`, (K,).

        In successive differences a season hardly shows, and rows that come in heaps do.
        """
        if self.days >= _FULL_DAYS:
            return
        (k, n), (k0, n0) = hour, before
        told = calm & (n > 0) & (n0 > 0)
        n, n0 = np.maximum(n, 1.0), np.maximum(n0, 1.0)
        expected = np.maximum(share * (1 - share), 1e-9) * (1 / n + 1 / n0)
        ratio = np.where(told, (k / n - k0 / n0) ** 2 / expected, 1.0)
        self.uneven_sum = np.round(self.uneven_sum + ratio, _DIGITS)
        self.uneven_hours += 1.0

    def midnight(
        self, counted: Counted, folded: list[tuple[Counts, Counts]], doubtful: Mask
    ) -> None:
        """Learn of the days that are old enough, but nothing of doubtful streams."""
        for ones, rows in folded:
            parts = (_PHASES, DAY // _PHASES)
            self.phase_ones = np.round(
                _MEMORY * self.phase_ones + ones.reshape(*parts, -1).sum(axis=1), _DIGITS
            )
            self.phase_rows = np.round(
                _MEMORY * self.phase_rows + rows.reshape(parts).sum(axis=1), _DIGITS
            )
        self.uneven = np.round(self.unevenness(), _DIGITS)
        if not self.full and len(counted.days):
            self._learn(counted, doubtful)

    def swing(self, counted: Counted, onset: float, free: Mask) -> None:
        """Of free streams, take what comes back since an onset as what they do by themselves."""
        days = np.flatnonzero((counted.days * DAY >= onset) & (counted.day_rows > 0))
        if len(days) >= _TWO_WEEKS:
            found = np.round(self._of_days(counted, days), _DIGITS)
            self.movement = np.where(free, np.maximum(self.movement, found), self.movement)

    def _of_days(self, counted: Counted, days: Counts) -> Floats:
        """Only what comes back is a season: an incident is in one half of the days."""
        ones, rows = counted.day_ones, counted.day_rows
        halves = [
            _swing(ones[half], counted.among(ones[half], rows[half]), self.uneven)
            for half in np.array_split(days, 2)
        ]
        found: Floats = np.minimum(*halves)
        return found

    def _learn(self, counted: Counted, doubtful: Mask) -> None:
        days, rows = counted.days, counted.day_rows
        lag = _LAG_DAYS if self.ready else 0
        new = (days >= self.considered) & (days <= days[-1] - lag)
        told = new & (rows > 0)
        if not self.ready and (told.sum() < LEAST_DAYS or rows[told].sum() < LEAST_ROWS):
            return
        if new.any():
            self.considered = int(days[new][-1]) + 1
        for ones, of in zip(counted.day_ones[told], rows[told], strict=True):
            self.days += 1
            self.ones = self.ones + np.where(doubtful, 0, ones)
            self.rows = self.rows + np.where(doubtful, 0, counted.among(ones, of))
        self._measure(counted, doubtful)

    def _measure(self, counted: Counted, doubtful: Mask) -> None:
        """How much the shares move by themselves, where that is more than chance."""
        learnt = np.flatnonzero((counted.days < self.considered) & (counted.day_rows > 0))
        there = self.phase_rows > 0
        in_phase, of = self.phase_ones[there], self.phase_rows[there]
        found = _swing(in_phase, counted.among(in_phase, of), self.uneven)
        if len(learnt) >= 2 * LEAST_DAYS:
            found = np.maximum(found, self._of_days(counted, learnt))
        self.movement = np.where(doubtful, self.movement, np.round(found, _DIGITS))


def _swing(ones: Floats | Counts, rows: Floats, uneven: Floats) -> Floats:
    """(K,): of shares over (m, K) parts of time, where it is clearly more than chance."""
    rows = np.maximum(rows, 1.0)
    share = np.clip(ones.sum(axis=0) / rows.sum(axis=0), 0.0, 1.0)
    chance = np.mean(share * (1 - share) / rows, axis=0) * uneven
    moved = np.mean((ones / rows - share) ** 2, axis=0)
    clear = moved > chance * (1 + _CLEARLY * np.sqrt(2 / len(rows)))
    found: Floats = np.where(clear, _MOVEMENT * np.sqrt(np.maximum(moved - chance, 0)), 0.0)
    return found
