"""The shares of one source's rows, all callers' or one's, hour by hour against what they were.

Two e-detectors watch every stream. One compares with the held-out part, by a bound that its own
error cannot pass: it sees what differs from the beginning, and ramps however slow. The other
compares with the source's own first weeks, whose many rows make it finer; for a caller it is the
only one, since callers differ from each other.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diagnosis import bounds, e_detector
from diagnosis.change_point import Series
from diagnosis.streams import Streams

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

DAY = 24
KEPT_DAYS = 42
LEAST_DAYS = 7
LEAST_ROWS = 2000
_LAG_DAYS = 7
_FULL_DAYS, _FULL_ROWS, _MOST_DAYS = 28, 100_000, 91
SUSPICION = 3.0
"""Evidence with which a stream is not learnt from."""
# A season's swing is its standard deviation times this, and a little more.
_MOVEMENT = 2.33
_PHASES = 6
_MEMORY = 0.9
_CLEARLY = 4.5
_CALM_HOURS = 48.0
_UNEVEN = 1.3
_SURE = 7.0
_BACK_DAYS = 14


@dataclass(eq=False)
class Marginals:
    """Counts and e-detectors of K streams of a source.

    days, day_ones, day_rows: whole days that are over, (D,) and (D, K). hours_from, hour_ones,
    hour_rows: the hours since the last midnight but one. base_*: its own first weeks. anchor_*:
    what it was accepted by, first the held-out part; anchored is None of a caller. uneven_*: how
    much more the shares differ from hour to hour than those of independent rows; uneven: as of the
    last midnight. phase_*: by six parts of the day, of the last weeks. movement: how much the share
    moves by itself with the days and the hours of the day. from_hour: what lies before it is of
    another incident.
    """

    days: Counts
    day_ones: Counts
    day_rows: Counts
    hours_from: int
    hour_ones: Counts
    hour_rows: Counts
    base_ones: Floats
    base_rows: Floats
    base_days: int
    considered: int
    anchor_ones: Floats
    anchor_rows: Floats
    uneven_sum: Floats
    uneven_hours: float
    uneven: Floats
    phase_ones: Floats
    phase_rows: Floats
    movement: Floats
    learned: Floats
    anchored: Floats | None
    from_hour: int = 0

    @classmethod
    def new(cls, streams: Streams, hour: int, *, anchored: bool) -> "Marginals":
        """Before its first row, which comes in `hour`."""
        k = len(streams)
        none = np.zeros(0, dtype=np.int64)
        midnight = hour - hour % DAY
        return cls(
            days=none,
            day_ones=np.zeros((0, k), dtype=np.int64),
            day_rows=none,
            hours_from=midnight,
            hour_ones=np.zeros((hour - midnight, k), dtype=np.int64),
            hour_rows=np.zeros(hour - midnight, dtype=np.int64),
            base_ones=np.zeros(k),
            base_rows=np.zeros(k),
            base_days=0,
            considered=midnight // DAY,
            anchor_ones=streams.ones.copy() if anchored else np.zeros(k),
            anchor_rows=np.full(k, float(streams.rows if anchored else 0)),
            uneven_sum=np.zeros(k),
            uneven_hours=0.0,
            uneven=np.ones(k),
            phase_ones=np.zeros((_PHASES, k)),
            phase_rows=np.zeros(_PHASES),
            movement=np.zeros(k),
            learned=e_detector.nothing(k),
            anchored=e_detector.nothing(k) if anchored else None,
        )

    @property
    def ready(self) -> bool:
        """Whether its own first weeks are known."""
        return self.base_days >= LEAST_DAYS

    @property
    def evidence(self) -> Floats:
        """(K,): that of the detector which has more."""
        learned = e_detector.evidence(self.learned)
        if self.anchored is None:
            return learned
        return np.maximum(learned, e_detector.evidence(self.anchored))

    def tolerances(self, streams: Streams) -> Floats:
        """(K,): as declared, or the usual movement from day to day where that is more."""
        return np.maximum(streams.tolerances, self.movement)

    def limits(self, streams: Streams) -> "Limits":
        """What the next hours are compared with; new after each midnight."""
        learned = anchored = None
        if self.ready:
            # Uneven rows say as much as fewer independent ones.
            ones, rows = self.base_ones / self.uneven, self.base_rows / self.uneven
            share = self.base_ones / np.maximum(self.base_rows, 1.0)
            within = bounds.interval(ones, rows, len(streams))
            tolerances = self.tolerances(streams)
            learned = e_detector.Shares.of(*bounds.narrow(share, *within, tolerances), tolerances)
        if self.anchored is not None:
            within = bounds.interval(self.anchor_ones, self.anchor_rows, len(streams))
            anchored = e_detector.Shares.of(
                *bounds.wide(*within, streams.tolerances), streams.tolerances
            )
        return Limits(learned, anchored)

    def _unevenness(self) -> Floats:
        """(K,): the variance over that of independent rows, from 1."""
        found = (_CALM_HOURS + self.uneven_sum) / (_CALM_HOURS + self.uneven_hours)
        return np.where(found > _UNEVEN, found, 1.0)

    def look(self, ones: Counts, rows: int, limits: "Limits") -> None:
        """Take in the next hour; one without rows tells nothing."""
        if rows:
            k, n = ones.astype(np.float64), np.full(len(ones), float(rows))
            uneven = self._unevenness()[:, None, None]
            if limits.learned is not None:
                told = limits.learned.log_e(k, n) / uneven
                self.learned = e_detector.step(self.learned, told)
            if limits.anchored is not None and self.anchored is not None:
                told = limits.anchored.log_e(k, n) / uneven
                self.anchored = e_detector.step(self.anchored, told)
            self._compare_hours(k, rows)
        self.hour_ones = np.vstack([self.hour_ones, ones])
        self.hour_rows = np.append(self.hour_rows, rows)

    def _compare_hours(self, ones: Floats, rows: int) -> None:
        """Successive differences: a season hardly shows in them, and rows that come in heaps do."""
        if len(self.hour_rows) == 0 or self.hour_rows[-1] == 0 or self.base_days >= _FULL_DAYS:
            return
        before, n = self.hour_ones[-1], float(self.hour_rows[-1])
        total = self.base_ones + self.anchor_ones + self.hour_ones.sum(axis=0) + ones + 0.5
        of = self.base_rows + self.anchor_rows + float(self.hour_rows.sum()) + rows + 1.0
        share = total / of
        expected = share * (1 - share) * (1 / n + 1 / rows)
        ratio = (ones / rows - before / n) ** 2 / expected
        calm = self.evidence < SUSPICION
        self.uneven_sum = np.round(self.uneven_sum + np.where(calm, ratio, 1.0), 6)
        self.uneven_hours += 1.0

    def midnight(self, hour: int, held: NDArray[np.bool_]) -> None:
        """At the end of a day: fold the day before it, and learn; held: (K,), not learnt from."""
        while self.hours_from + 2 * DAY <= hour:
            ones, rows = self.hour_ones[:DAY], self.hour_rows[:DAY]
            self.days = np.append(self.days, self.hours_from // DAY)[-KEPT_DAYS:]
            self.day_ones = np.vstack([self.day_ones, ones.sum(axis=0)])[-KEPT_DAYS:]
            self.day_rows = np.append(self.day_rows, rows.sum())[-KEPT_DAYS:]
            self.hour_ones, self.hour_rows = self.hour_ones[DAY:], self.hour_rows[DAY:]
            self.hours_from += DAY
            phases = (_PHASES, DAY // _PHASES)
            by_phase = ones.reshape(*phases, -1).sum(axis=1)
            self.phase_ones = np.round(_MEMORY * self.phase_ones + by_phase, 6)
            in_phase = rows.reshape(phases).sum(axis=1)
            self.phase_rows = np.round(_MEMORY * self.phase_rows + in_phase, 6)
        self.uneven = np.round(self._unevenness(), 6)
        self._learn(held | (self.evidence >= SUSPICION))

    def _learn(self, doubtful: NDArray[np.bool_]) -> None:
        full = self.base_days >= _FULL_DAYS and float(self.base_rows.max(initial=0)) >= _FULL_ROWS
        if full or self.base_days >= _MOST_DAYS or not len(self.days):
            return
        lag = _LAG_DAYS if self.ready else 0
        new = (self.days >= self.considered) & (self.days <= self.days[-1] - lag)
        if not self.ready:
            told = new & (self.day_rows > 0)
            if told.sum() < LEAST_DAYS or self.day_rows[told].sum() < LEAST_ROWS:
                return
        for day in np.flatnonzero(new):
            self.considered = int(self.days[day]) + 1
            if self.day_rows[day]:
                self.base_days += 1
                self.base_ones = self.base_ones + np.where(doubtful, 0, self.day_ones[day])
                self.base_rows = self.base_rows + np.where(doubtful, 0, self.day_rows[day])
        self._measure_movement(doubtful)

    def _measure_movement(self, doubtful: NDArray[np.bool_]) -> None:
        """How much the share moves by itself, where that is more than chance."""
        learnt = (self.days < self.considered) & (self.day_rows > 0)
        if learnt.sum() < 2 * LEAST_DAYS:
            return
        by_day = _moves(self.day_ones[learnt], self.day_rows[learnt], self.uneven)
        there = self.phase_rows > 0
        by_phase = _moves(self.phase_ones[there], self.phase_rows[there], self.uneven)
        found = np.round(np.maximum(by_day, by_phase), 6)
        self.movement = np.where(doubtful, self.movement, found)

    # What is asked about one stream.

    def baseline(self, k: int) -> tuple[float, float]:
        """The share that it is compared with, and of how many rows."""
        ones, rows = (
            (self.base_ones, self.base_rows) if self.ready else (self.anchor_ones, self.anchor_rows)
        )
        return float(ones[k] / max(rows[k], 1.0)), float(rows[k])

    def blocks(self, k: int) -> tuple[Floats, Floats, Floats, Floats]:
        """Starts, ends, ones and rows of the days and then the hours that have rows."""
        hours = self.hours_from + np.arange(len(self.hour_rows))
        starts = np.concatenate([self.days * DAY, hours]).astype(np.float64)
        ends = np.concatenate([self.days * DAY + DAY, hours + 1]).astype(np.float64)
        ones = np.concatenate([self.day_ones[:, k], self.hour_ones[:, k]]).astype(np.float64)
        rows = np.concatenate([self.day_rows, self.hour_rows]).astype(np.float64)
        told = (rows > 0) & (starts >= self.from_hour)
        return starts[told], ends[told], ones[told], rows[told]

    def series(self, k: int) -> Series:
        """For the change point."""
        starts, ends, ones, rows = self.blocks(k)
        level, known = self.baseline(k)
        latest = ones[-6:].sum() / max(rows[-6:].sum(), 1.0)
        share = np.clip((level + latest) / 2, 0.002, 0.998)
        precision = 1 / (share * (1 - share) * float(self.uneven[k]))
        return Series(
            starts, ends, ones / rows, rows * precision, level, min(known, 5e3) * precision
        )

    def after(self, k: int, onset: float) -> tuple[float, float]:
        """The share since an hour, and of how many rows."""
        starts, ends, ones, rows = self.blocks(k)
        since = ends > onset
        # A day within which the onset lies is left out where there is anything else.
        if (whole := starts >= onset).any():
            since = whole
        n = float(rows[since].sum())
        return (float(ones[since].sum()) / n if n else self.baseline(k)[0]), n

    def is_back(
        self, k: int, onset: float, levels: tuple[float, float], tolerance: float
    ) -> bool | None:
        """Whether the last days, one to fourteen, are those of the first level, not the second.

        None while they cannot tell.
        """
        starts, _, ones, rows = self.blocks(k)
        end = self.hours_from + len(self.hour_rows)
        old, new = (min(max(p, 1e-6), 1 - 1e-6) for p in levels)
        for days in range(1, _BACK_DAYS + 1):
            last = starts >= end - days * DAY
            n, found = rows[last].sum(), ones[last].sum()
            if not n or end - days * DAY < onset:
                return None
            sure = found * np.log(old / new) + (n - found) * np.log((1 - old) / (1 - new))
            error = np.sqrt(old * (1 - old) / n * self.uneven[k])
            if abs(sure) >= _SURE * self.uneven[k]:
                return bool(sure > 0 and abs(found / n - levels[0]) <= tolerance + 2 * error)
        return None

    def skip(self, hour: int) -> None:
        """Leave the days of an incident that is over out of what is learnt and compared."""
        self.considered, self.from_hour = max(self.considered, hour // DAY), hour

    def forget(self, k: int) -> None:
        """Begin again with the evidence on a stream."""
        self.learned[k] = e_detector.FLOOR
        if self.anchored is not None:
            self.anchored[k] = e_detector.FLOOR

    def accept(self, k: int, onset: float) -> None:
        """What it is since the onset is what it is compared with from now on."""
        share, rows = self.after(k, onset)
        if rows:
            self.base_ones[k], self.base_rows[k] = round(share * rows), rows
            self.anchor_ones[k], self.anchor_rows[k] = round(share * rows), rows
        self.forget(k)


def _moves(ones: Floats | Counts, rows: Floats | Counts, uneven: Floats) -> Floats:
    """(K,): the swing of shares over (m, K) parts of time, where it is clearly more than chance."""
    n, parts = rows[:, None].astype(np.float64), len(rows)
    share = ones.sum(axis=0) / n.sum()
    chance = np.mean(share * (1 - share) / n, axis=0) * uneven
    moved = np.mean((ones / n - share) ** 2, axis=0)
    clear = moved > chance * (1 + _CLEARLY * np.sqrt(2 / parts))
    found: Floats = np.where(clear, _MOVEMENT * np.sqrt(np.maximum(moved - chance, 0)), 0.0)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """What the shares are tested against; None where nothing is compared."""

    learned: e_detector.Shares | None
    anchored: e_detector.Shares | None
