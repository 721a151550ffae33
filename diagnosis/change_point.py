"""When a change began: the posterior of the onset, over steps and ramps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from diagnosis.finding import Onset
from diagnosis.hours import DAY

Floats = NDArray[np.float64]

# How long a change may take to be whole. A step is likelier than each of the ramps beforehand.
_RAMPS = np.array([0.0, 24.0, 72.0, 168.0, 336.0, 504.0])
_PRIOR = np.log(np.array([0.75, 0.05, 0.05, 0.05, 0.05, 0.05]))
_FINE = 2 * DAY
_COARSE = 3
_PROBABILITY = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Estimates over spans of hours, (B,), with their precisions (1 / variance).

    level and trust: what it was before, as an estimate with its precision; 0 where nothing is
    known beforehand.
    """

    starts: Floats
    ends: Floats
    values: Floats
    weights: Floats
    level: float = 0.0
    trust: float = 0.0

    def since(self, first: float) -> "Series":
        """What lies after an hour."""
        kept = self.starts >= first
        return Series(
            self.starts[kept],
            self.ends[kept],
            self.values[kept],
            self.weights[kept],
            self.level,
            self.trust,
        )


def onset(series: Sequence[Series], first: int, end: int) -> Onset:
    """The hour from which on the series are others, all at once; from `first` until before `end`.

    Every series has a level before and one after, both fitted (least squares weighted by precision,
    which is the binomial likelihood's normal form), and the change takes no time or up to three
    weeks. Series of one change come from the same rows: they are not taken as independent.
    """
    hours = _candidates(first, end)
    total = np.zeros((len(hours), len(_RAMPS)))
    for each in series:
        total += _profile(each, hours)
    total = total / np.sqrt(max(len(series), 1)) + _PRIOR
    # A candidate stands for the hours until the next one.
    widths = np.diff(np.append(hours, end))
    log_p = logsumexp(total, axis=1) + np.log(np.maximum(widths, 1e-9))
    p = np.exp(log_p - logsumexp(log_p))
    density = p / np.maximum(widths, 1e-9)
    below = np.cumsum(p)
    tail = (1 - _PROBABILITY) / 2
    low = hours[min(int(np.searchsorted(below, tail)), len(hours) - 1)]
    last = min(int(np.searchsorted(below, 1 - tail)), len(hours) - 1)
    high = hours[last] + max(widths[last] - 1, 0)
    best = hours[int(np.argmax(density))]
    # How the rows of a day lie within it is not known any more: an onset in it may be at any hour.
    low, high = _whole_spans(series, float(min(low, best)), float(max(high, best)))
    return Onset(int(best), int(max(low, first)), int(min(high, end - 1)))


def _whole_spans(series: Sequence[Series], low: float, high: float) -> tuple[float, float]:
    """The interval with the whole of each span that it begins or ends in."""
    for each in series:
        begins = each.starts[(each.starts <= low) & (each.ends > low)]
        ends = each.ends[(each.starts <= high) & (each.ends > high)]
        low, high = min([low, *begins]), max([high, *(ends - 1)])
    return low, high


def _candidates(first: int, end: int) -> Floats:
    fine = max(first, end - _FINE)
    coarse = np.arange(first, fine, _COARSE, dtype=np.float64)
    return np.concatenate([coarse, np.arange(fine, max(end, fine + 1), dtype=np.float64)])


def _profile(series: Series, hours: Floats) -> Floats:
    """The log-likelihood of an onset at each hour, with each ramp, over that of no change."""
    spans = np.maximum(series.ends - series.starts, 1e-9)
    middles = (series.starts + series.ends) / 2
    into = (series.ends[None, :] - hours[:, None]) / spans[None, :]
    risen = [np.clip(into, 0.0, 1.0)]
    risen += [np.clip((middles[None, :] - hours[:, None]) / w, 0.0, 1.0) for w in _RAMPS[1:]]
    r = np.stack(risen, axis=1)
    w = series.weights
    y = series.values
    whole = w.sum() + series.trust
    if whole <= 0:
        return np.zeros(r.shape[:2])
    mean_y = (w @ y + series.trust * series.level) / whole
    mean_r = (r @ w) / whole
    # Least squares of y on r with an intercept: before the change r is 0, as at the trusted level.
    covariance = r @ (w * y) - mean_r * mean_y * whole
    variance = (r * r) @ w - mean_r**2 * whole
    return np.where(variance > 1e-9 * whole, covariance**2 / np.maximum(2 * variance, 1e-300), 0.0)
