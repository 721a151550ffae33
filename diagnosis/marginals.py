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
from diagnosis.counted import Counted
from diagnosis.hours import DAY
from diagnosis.streams import Streams
from diagnosis.usual import Usual

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

SUSPICION = 6.0
"""Evidence with which a stream is not learnt from."""
# For the change point, a level that is known counts as so many rows at the most.
_MOST_TRUST = 5000.0


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """What the shares are tested against; None where nothing is compared."""

    learned: e_detector.Shares | None
    anchored: e_detector.Shares | None


@dataclass(eq=False)
class Marginals:
    """Counts and e-detectors of K streams of a source.

    anchor_ones, anchor_rows: what it was accepted by, first the held-out part; `anchored` is the
    detector that compares with it, None of a caller, and `learned` that with what is usual.
    """

    counted: Counted
    usual: Usual
    anchor_ones: Floats
    anchor_rows: Floats
    learned: Floats
    anchored: Floats | None

    @classmethod
    def new(cls, streams: Streams, hour: int, *, anchored: bool) -> "Marginals":
        """Before its first row, which comes in `hour`."""
        k = len(streams)
        return cls(
            counted=Counted.new(streams.given, hour),
            usual=Usual.new(k, hour),
            anchor_ones=streams.ones * anchored,
            anchor_rows=streams.rows * anchored,
            learned=e_detector.nothing(k),
            anchored=e_detector.nothing(k) if anchored else None,
        )

    @property
    def evidence(self) -> Floats:
        """(K,): that of the detector which has more."""
        learned = e_detector.evidence(self.learned)
        if self.anchored is None:
            return learned
        anchored = e_detector.evidence(self.anchored) + e_detector.ANCHORED
        return np.maximum(learned + e_detector.LEARNED, anchored)

    @property
    def at_most(self) -> float:
        """What no stream's evidence exceeds; quickly told."""
        every = [self.learned] if self.anchored is None else [self.learned, self.anchored]
        return max(float(each.max(initial=e_detector.FLOOR)) for each in every)

    def tolerances(self, streams: Streams) -> Floats:
        """(K,): as declared, or the usual movement where that is more."""
        return np.maximum(streams.tolerances, self.usual.movement)

    def limits(self, streams: Streams) -> Limits:
        """What the next hours are compared with; another one after each midnight."""
        learned = anchored = None
        if self.usual.ready:
            tolerances = self.tolerances(streams)
            near = bounds.narrow(*self.usual.shares(), tolerances)
            learned = e_detector.Shares.of(*near, tolerances)
        if self.anchored is not None:
            within = bounds.interval(self.anchor_ones, self.anchor_rows, len(streams))
            tolerances = self.tolerances(streams)
            far = bounds.wide(*within, tolerances)
            anchored = e_detector.Shares.of(*far, tolerances)
        return Limits(learned, anchored)

    def look(self, ones: Counts, rows: int, limits: Limits) -> None:
        """Take in the next hour; one without rows tells nothing."""
        if rows:
            k, n = ones.astype(np.float64), self.counted.among(ones, rows)
            uneven = self.usual.unevenness()[:, None, None]
            if limits.learned is not None:
                told = limits.learned.log_e(k, n) / uneven
                self.learned = e_detector.step(self.learned, told)
            if limits.anchored is not None and self.anchored is not None:
                told = limits.anchored.log_e(k, n) / uneven
                self.anchored = e_detector.step(self.anchored, told)
            self._compare(k, n)
        self.counted.add(ones, rows)

    def _compare(self, k: Floats, n: Floats) -> None:
        counted, usual = self.counted, self.usual
        # The last hour with rows: where they come once a day, it is that of the day before.
        there = np.flatnonzero(counted.hour_rows[-DAY:]) if not usual.full else np.zeros(0)
        if not len(there):
            return
        last = int(there[-1]) - min(DAY, len(counted.hour_rows))
        before = counted.hour_ones[last].astype(np.float64)
        of = counted.among(before, counted.hour_rows[last])
        total = usual.ones + self.anchor_ones + counted.hour_ones.sum(axis=0) + k + 0.5
        rows = counted.among(counted.hour_ones.sum(axis=0), counted.hour_rows.sum())
        share = total / (usual.rows + self.anchor_rows + rows + n + 1.0)
        calm = self.at_most < SUSPICION or self.evidence < SUSPICION
        usual.compare((k, n), (before, of), share, np.broadcast_to(calm, len(k)))

    def midnight(self, hour: int, held: NDArray[np.bool_]) -> None:
        """At the end of a day: learn; held: (K,), not learnt from."""
        folded = self.counted.fold(hour)
        self.usual.midnight(self.counted, folded, held | (self.evidence >= SUSPICION))

    # What is asked about one stream.

    def baseline(self, k: int) -> tuple[float, float]:
        """The share that it is compared with, and of how many rows."""
        ready = self.usual.ready and self.usual.rows[k] > 0
        ones, rows = (
            (self.usual.ones, self.usual.rows) if ready else (self.anchor_ones, self.anchor_rows)
        )
        return float(ones[k] / max(rows[k], 1.0)), float(rows[k])

    def series(self, k: int) -> Series:
        """For the change point."""
        starts, ends, ones, rows = self.counted.blocks(k)
        level, known = self.baseline(k)
        latest = ones[-6:].sum() / max(rows[-6:].sum(), 1.0)
        share = np.clip((level + latest) / 2, 0.002, 0.998)
        precision = float(1 / (share * (1 - share) * self.usual.uneven[k]))
        trust = min(known, _MOST_TRUST) * precision
        return Series(starts, ends, ones / rows, rows * precision, level, trust)

    def after(self, k: int, onset: float) -> float:
        """The share since an hour."""
        ones, rows = self.counted.since(k, onset)
        return ones / rows if rows else self.baseline(k)[0]

    def is_back(
        self, k: int, onset: float, levels: tuple[float, float], tolerance: float
    ) -> bool | None:
        """Whether it is what it was, None while that cannot be told; levels: before and since."""
        uneven = float(self.usual.uneven[k])
        return self.counted.is_back(k, onset, levels, tolerance, uneven)

    def skip(self, hour: int) -> None:
        """Leave the days of an incident that is over out of what is learnt and compared."""
        self.usual.considered = max(self.usual.considered, hour // DAY)
        self.counted.from_hour = hour

    def forget(self, k: int) -> None:
        """Begin again with the evidence on a stream."""
        self.learned[k] = e_detector.FLOOR
        if self.anchored is not None:
            self.anchored[k] = e_detector.FLOOR

    def accept(self, k: int, onset: float) -> None:
        """What a stream is since the onset is what it is compared with from now on."""
        ones, rows = self.counted.since(k, onset)
        if rows:
            self.usual.ones[k], self.usual.rows[k] = ones, rows
            self.anchor_ones[k], self.anchor_rows[k] = ones, rows
        self.forget(k)

    def begin(self, hour: int, onset: float, free: NDArray[np.bool_]) -> None:
        """What is compared begins at an onset, and what is learnt goes on at an hour.

        free: (K,), the streams that were accepted, whose season is what they do by themselves.
        """
        self.usual.swing(self.counted, onset, free)
        self.usual.considered = max(self.usual.considered, hour // DAY + 1)
        self.counted.from_hour = max(self.counted.from_hour, int(onset))
