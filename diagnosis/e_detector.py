"""Shiryaev-Roberts e-detectors, vectorised over streams, in logarithms.

Shin, Ramdas and Rinaldo (2203.03532): with E_t a value whose expectation, given the past, is at
most 1 while nothing has changed, M_t = (1 + M_(t-1)) E_t stays below c for c looks or more in the
mean, and P(M reaches c within T looks) is at most T / c. A mean over alternatives, and a sum over
streams, keeps that. So streams of weight w page at c / w, and all of them together page
falsely once in c looks in the mean, whatever depends on what.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ALTERNATIVES = np.array([0.5, 1.0, 2.0, 4.0, 8.0])
"""How far beyond the bound the alternatives lie, in tolerances."""

# What is far beyond is seen soon whatever its weight: what is near has more of it.
_LOG_WEIGHTS = np.log(np.array([0.3, 0.4, 0.15, 0.1, 0.05]))

LEARNED, ANCHORED = float(np.log(0.8)), float(np.log(0.2))
"""Of two detectors of one quantity: the parts of that which compares with what was learnt, and of
that which compares with the reference."""

FLOOR = -30.0
"""Where a logarithm ends: (1 + M) is 1 there to the last digit that is kept."""

_LEAST = 1e-9
_DIGITS = 6


def nothing(streams: int) -> Floats:
    """Before the first look: log M of (streams, direction, alternative)."""
    return np.full((streams, 2, len(ALTERNATIVES)), FLOOR)


def step(log_m: Floats, log_e: Floats) -> Floats:
    """One look later; rounded, so that what is stored is what is gone on with."""
    later: Floats = np.logaddexp(0.0, log_m) + log_e
    return np.clip(later, FLOOR, 700.0).round(_DIGITS)


def evidence(log_m: Floats) -> Floats:
    """The logarithm of the mean over alternatives, in the direction that has more: (streams,)."""
    weighted = log_m + _LOG_WEIGHTS
    greatest = weighted.max(axis=-1)
    mixed = greatest + np.log(np.exp(weighted - greatest[..., None]).sum(axis=-1))
    found: Floats = mixed.max(axis=-1)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """The test of shares against [low, high]: what a one and a zero add to log E, (..., 2, m).

    Up: E = (p1/b)^k ((1-p1)/(1-b))^(n-k) with b = high and p1 = b + m tolerance; mirrored down. A
    direction has no test where its bound is no share: at p0 <= tolerance nothing can fall too far.
    """

    one: Floats
    zero: Floats
    tested: NDArray[np.bool_]

    @classmethod
    def of(cls, low: Floats, high: Floats, tolerances: Floats) -> "Shares":
        """Of bounds (...)."""
        up, down = _beyond(high, tolerances), _beyond(1.0 - low, tolerances)
        return cls(
            one=np.stack([up[0], down[1]], axis=-2),
            zero=np.stack([up[1], down[0]], axis=-2),
            tested=np.stack([high < 1.0 - _LEAST, low > _LEAST], axis=-1)[..., None],
        )

    def log_e(self, ones: Floats, rows: Floats) -> Floats:
        """Of k ones in n rows, (...)."""
        told = ones[..., None, None] * self.one + (rows - ones)[..., None, None] * self.zero
        return np.where(self.tested, told, FLOOR)


def _beyond(bound: Floats, tolerances: Floats) -> tuple[Floats, Floats]:
    """log(p1 / b) and log((1 - p1) / (1 - b)) of the alternatives, (..., m)."""
    b = np.clip(bound, _LEAST, 1.0 - _LEAST)[..., None]
    # An alternative beyond 1 is drawn back, half of the way from the bound.
    p1 = np.minimum(b + ALTERNATIVES * tolerances[..., None], (1.0 + b) / 2)
    return np.log(p1 / b), np.log((1 - p1) / (1 - b))


def of_normal(
    values: Floats, errors: Floats, low: Floats, high: Floats, tolerances: Floats
) -> Floats:
    """Log E of estimates with standard errors against a mean in [low, high]; NaN tells nothing."""
    told = np.isfinite(values) & np.isfinite(errors) & (errors > 0)
    sure = np.where(told, errors, 1.0)[..., None]
    steps = ALTERNATIVES * tolerances[..., None]
    both = [
        steps * np.where(told, excess, 0.0)[..., None] / sure**2 - steps**2 / (2 * sure**2)
        for excess in (values - high, low - values)
    ]
    return np.where(told[..., None, None], np.stack(both, axis=-2), 0.0)
