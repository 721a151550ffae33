"""A quantity that is looked at once a day: its e-detectors, its history, and what it was before."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from diagnosis import bounds, e_detector
from diagnosis.change_point import Series
from diagnosis.finding import Reading
from diagnosis.hours import DAY

Floats = NDArray[np.float64]
Test = Callable[[float, float], Floats]

KEPT = 70
LEAST_DAYS = 7
_LAG_DAYS = 7
_MOST_DAYS = 91
_SUSPICION = 3.0
_BACK_DAYS = 14
_SURE_ERRORS = 4.0
_NEVER = -1e9


@dataclass(frozen=True, slots=True)
class Look:
    """One day's estimate of a quantity.

    start, end: the hours of the rows that it is of. value, error: an estimate with its standard
    error, in the scale of `tolerance`. test: log E, (2, alternatives), against a value within [low,
    high]; None takes the normal law. anchor: the value and error by the reference; baseline: those
    by the log itself, where the quantity has its own way to know; else the trace learns it from
    its first days. streams: how many there are of this family. uneven: the variance over that of
    independent rows.
    """

    name: str
    reading: Reading
    start: int
    end: int
    value: float
    error: float
    tolerance: float
    test: Test | None = None
    anchor: tuple[float, float] | None = None
    baseline: tuple[float, float] | None = None
    learns: bool = True
    column: str | None = None
    caller: str | None = None
    streams: int = 1
    falls: bool = True
    shown: float | None = None


@dataclass(eq=False)
class Trace:
    """What is kept of a quantity between days.

    history: start, end, value and weight of each. level, trust: what it was compared with last, and
    how precise that is. fixed: what was accepted in place of the reference. suspected_from: since
    when there is some evidence, -1 where there is none. from_hour: cases from before it are of
    another incident. restart: where what is usual is known otherwise, from when on it counts.
    """

    name: str
    reading: Reading
    column: str | None
    caller: str | None
    tolerance: float
    anchored: Floats = field(default_factory=lambda: e_detector.nothing(1))
    learned: Floats = field(default_factory=lambda: e_detector.nothing(1))
    history: Floats = field(default_factory=lambda: np.zeros((0, 4)))
    base_sum: float = 0.0
    base_weight: float = 0.0
    base_squares: float = 0.0
    base_days: int = 0
    considered: int = 0
    level: float = 0.0
    trust: float = 0.0
    fixed: tuple[float, float] | None = None
    suspected_from: int = -1
    from_hour: int = 0
    learns: bool = True
    restart: int = -1
    shown: float | None = None

    @classmethod
    def of(cls, look: Look) -> "Trace":
        """Before its first look."""
        return cls(look.name, look.reading, look.column, look.caller, look.tolerance)

    def said(self, value: float) -> float:
        """In the unit of its reading."""
        return value if self.shown is None else self.shown * float(np.exp(value))

    @property
    def evidence(self) -> float:
        """That of the detector which has more."""
        learned, anchored = (
            float(e_detector.evidence(m)[0]) for m in (self.learned, self.anchored)
        )
        return max(learned + e_detector.LEARNED, anchored + e_detector.ANCHORED)

    @property
    def uneven(self) -> float:
        """The variance from day to day over that of independent rows, from 1, of its first days."""
        if self.base_days < LEAST_DAYS:
            return 1.0
        chi2 = self.base_squares - self.base_sum**2 / self.base_weight
        ratio = chi2 / (self.base_days - 1)
        return ratio if ratio > 1 + 2 * np.sqrt(2 / (self.base_days - 1)) else 1.0

    def look(self, look: Look, *, held: bool, odd: bool = False) -> None:
        """Take in a day; held: it is not learnt, odd: nor judged, being of another incident."""
        anchor, judged = self.fixed or look.anchor, look.end > self.from_hour and not odd
        if anchor is not None and judged:
            near = self._limits(look, anchor, whole=True)
            self.anchored = e_detector.step(self.anchored, _log_e(look, near))
        own = self._own(look)
        if own is not None and judged:
            near = self._limits(look, own, whole=False)
            self.learned = e_detector.step(self.learned, _log_e(look, near) / self.uneven)
        known = own or anchor
        if known is not None:
            self.level, self.trust = float(known[0]), 1 / max(float(known[1]), 1e-6) ** 2
        self.shown, self.learns = look.shown, look.learns
        row = np.array([[look.start, look.end, look.value, 1 / look.error**2]])
        self.history = np.round(np.vstack([self.history, row])[-KEPT:], 9)
        if self.evidence < 1.0:
            self.suspected_from = -1
        elif self.suspected_from < 0:
            # The first day of a change is often a part of one.
            self.suspected_from = look.start - DAY
        if look.learns and not held and not odd and self.evidence < _SUSPICION:
            self._learn()

    def _own(self, look: Look) -> tuple[float, float] | None:
        if look.baseline is not None:
            return look.baseline
        if not look.learns or self.base_days < LEAST_DAYS or self.base_weight <= 0:
            return None
        return self.base_sum / self.base_weight, float(np.sqrt(self.uneven / self.base_weight))

    @staticmethod
    def _limits(look: Look, known: tuple[float, float], *, whole: bool) -> tuple[float, float]:
        value, error = known
        if whole:
            reach = bounds.quantile(look.streams) * error
            return value - reach - look.tolerance, value + reach + look.tolerance
        low, high = bounds.narrow(np.array(value), np.array(error), np.array(look.tolerance))
        return float(low), float(high)

    def _learn(self) -> None:
        starts = self.history[:, 0]
        lag = _LAG_DAYS if self.base_days >= LEAST_DAYS else 0
        new = self.history[(starts >= self.considered) & (starts <= starts[-1] - lag * DAY)]
        if self.base_days >= _MOST_DAYS or self.base_days + len(new) < LEAST_DAYS:
            return
        for start, _, value, weight in new:
            self.considered = int(start) + 1
            self.base_days += 1
            self.base_sum = round(self.base_sum + float(weight * value), 9)
            self.base_weight = round(self.base_weight + float(weight), 9)
            self.base_squares = round(self.base_squares + float(weight * value**2), 9)

    def series(self) -> Series:
        """For the change point."""
        starts, ends, values, weights = self.history[self.history[:, 1] > self.from_hour].T
        return Series(starts, ends, values, weights / self.uneven, self.level, min(self.trust, 1e9))

    def after(self, onset: float) -> float:
        """The mean of the days since an hour."""
        starts, ends, values, weights = self.history.T
        since = starts >= onset if (starts >= onset).any() else ends > onset
        if not since.any():
            return self.level
        return float(values[since] @ weights[since] / weights[since].sum())

    def is_back(self, onset: float, levels: tuple[float, float]) -> bool | None:
        """Whether the last days, one to fourteen, are near the first level and not the second.

        None while they cannot tell.
        """
        starts, _, values, weights = self.history.T
        level, changed = levels
        for days in range(1, _BACK_DAYS + 1):
            if days > len(starts) or starts[-days] < onset:
                return None
            weight = weights[-days:].sum() / self.uneven
            mean = float(values[-days:] @ weights[-days:] / weights[-days:].sum())
            if abs(changed - level) * np.sqrt(weight) / 2 >= _SURE_ERRORS:
                near = abs(mean - level) < abs(mean - changed)
                return bool(near and abs(mean - level) <= self.tolerance + 2 / np.sqrt(weight))
        return None

    def forget(self, hour: int) -> None:
        """Begin again with the evidence, on rows that are not from before `hour`."""
        self.anchored, self.learned = e_detector.nothing(1), e_detector.nothing(1)
        self.suspected_from, self.from_hour = -1, hour

    def accept(self, onset: float) -> None:
        """What it is since the onset is what it is compared with from now on."""
        starts, _, values, weights = self.history.T
        since = starts >= onset
        if not self.learns:
            self.restart = int(onset)
        elif since.any():
            weight = float(weights[since].sum())
            mean = float(values[since] @ weights[since]) / weight
            self.fixed = (mean, float(1 / np.sqrt(weight)))
            self.base_sum, self.base_weight = mean * weight, weight
            self.base_squares, self.base_days = mean**2 * weight, max(int(since.sum()), LEAST_DAYS)
            self.considered = int(starts[-1]) + 1
        self.forget(self.from_hour)


def _log_e(look: Look, near: tuple[float, float]) -> Floats:
    """(1, 2, alternatives)."""
    low, high = near
    if look.test is not None:
        return look.test(low, high)[None]
    if not look.falls:
        low = _NEVER
    return e_detector.of_normal(
        np.array([look.value]),
        np.array([look.error]),
        np.array([low]),
        np.array([high]),
        np.array([look.tolerance]),
    )
