"""Intervals of a share, a ratio and an area, with the names by which statistics knows them."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log, sqrt

from monitor.judging.quantiles import NORMAL, beta_quantile, gamma_quantile

CONFIDENCE = 0.95
_Z = NORMAL.inv_cdf((1 + CONFIDENCE) / 2)
_TAIL = (1 - CONFIDENCE) / 2


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and its interval of 95 %, which contains it."""

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        assert self.low <= self.value <= self.high


def clopper_pearson(count: int, of: int) -> Interval:
    """A share, exact for a binomial count (Clopper and Pearson 1934), never too narrow."""
    low = beta_quantile(_TAIL, count, of - count + 1) if count else 0.0
    high = beta_quantile(1 - _TAIL, count + 1, of - count) if count < of else 1.0
    return Interval(count / of, min(low, count / of), max(high, count / of))


def garwood(count: int, expected: float) -> Interval:
    """Observed over expected, exact for a Poisson count (Garwood 1936); `expected` > 0.

    A sum of unequal cases scatters less than Poisson: it is at least of 95 %.
    """
    low = gamma_quantile(_TAIL, count) if count else 0.0
    return Interval(
        count / expected, low / expected, gamma_quantile(1 - _TAIL, count + 1) / expected
    )


def wald(value: float, variance: float, least: float = 0.0, most: float = 1.0) -> Interval:
    """A mean by its variance, cut off at what is possible."""
    half = _Z * sqrt(variance)
    return Interval(value, max(value - half, least), min(value + half, most))


def logit(value: float, variance: float) -> Interval:
    """A share by its variance, on the scale of the logit; 0 < `value` < 1."""
    middle = log(value / (1 - value))
    half = _Z * sqrt(variance) / (value * (1 - value))
    low, high = (1 / (1 + exp(-min(max(end, -700), 700))) for end in (middle - half, middle + half))
    return Interval(value, min(low, value), max(high, value))


def log_log(value: float, variance: float) -> Interval:
    """A share that has happened by some time, on the scale log(-log(1 - share)); 0 < `value` < 1.

    Kalbfleisch and Prentice (1980); what R and lifelines take for survival curves.
    """
    rest = 1 - value
    half = _Z * sqrt(variance) / abs(rest * log(rest))
    low, high = (1 - rest ** exp(min(end, 700)) for end in (-half, half))
    return Interval(value, min(low, value), max(high, value))


def by_score(value: float, variance: Callable[[float], float]) -> Interval:
    """All values that are not further from `value` than their own variance lets it be.

    For a variance that is known at each possible value, and at least 0 from 0 to 1.
    """

    def edge(near: float, far: float) -> float:
        for _ in range(60):
            middle = (near + far) / 2
            inside = (value - middle) ** 2 <= _Z**2 * variance(middle)
            near, far = (middle, far) if inside else (near, middle)
        return near

    return Interval(value, edge(value, 0.0), edge(value, 1.0))
