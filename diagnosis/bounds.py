"""How far a quantity may be from what it was, before it counts as another one."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]

_SIMULTANEOUS = 0.01
_ERRORS = 3.0


def quantile(streams: int) -> float:
    """Standard errors that hold all streams at once, on both sides, with 99 per cent confidence."""
    return float(-ndtri(_SIMULTANEOUS / (2 * max(streams, 1))))


def interval(ones: Floats, rows: Floats, streams: int) -> tuple[Floats, Floats]:
    """Wilson's interval of shares, for all streams at once; of no rows it is everything."""
    z2 = quantile(streams) ** 2
    n = np.maximum(rows, 1e-9)
    share = np.clip(ones / n, 0.0, 1.0)
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 / n * (share * (1 - share) + z2 / (4 * n))) / (1 + z2 / n)
    return np.clip(centre - half, 0.0, 1.0), np.clip(centre + half, 0.0, 1.0)


def wide(low: Floats, high: Floats, tolerance: Floats) -> tuple[Floats, Floats]:
    """The whole tolerance beyond the interval: who leaves this has moved beyond doubt."""
    return low - tolerance, high + tolerance


def narrow(value: Floats, error: Floats, tolerance: Floats) -> tuple[Floats, Floats]:
    """The tolerance, or half of it beyond three standard errors where that is farther.

    What moved by half the tolerance stays within whatever the baseline's own error, and what moved
    by the whole of it where the baseline has rows enough to be trusted.
    """
    far = np.maximum(tolerance, tolerance / 2 + _ERRORS * error)
    return value - far, value + far
