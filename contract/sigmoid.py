"""The link of the trees: from a margin to a probability, the same double on every processor.

The C library's exp() differs in its last bit between processors with and without fused
multiply-add. Here are additions, multiplications, one division, rounding to an integer and
scaling by a power of two alone: operations whose result IEEE 754 fixes. Two forms, one for a row
and one for many, do the same operations in the same order and so agree to the bit.

The formula is 1 / (1 + exp(-margin)), with exp() by P. T. P. Tang's method: with
-margin = (128 m + j) ln(2) / 128 + r, it is 2^m times 2^(j/128), from a table, times exp(r), from
a polynomial. This exp() is within 0.51 ulp, so that a probability is within 2^-51 of the true one,
relatively. It never falls where the margin rises. Beyond +-708 the probability stays what it is
there (1.0, and 3.3e-308): nothing overflows, and nothing is subnormal, which some processes flush
to zero.
"""

import math
from decimal import Decimal, localcontext

import numpy as np
from numpy.typing import NDArray

_STEPS = 128  # of the table, to a doubling
_EDGE = 708.0


def _constants() -> tuple[float, float, float, list[float], list[float]]:
    """_STEPS / ln(2); ln(2) / _STEPS in two parts; 2^(j / _STEPS) in two parts, for each j."""
    with localcontext(prec=60):
        step = Decimal(2).ln() / _STEPS
        # So few bits that a product with any of the steps, up to 2^17, is exact.
        coarse = math.floor(step * 2**43) / 2**43
        root = Decimal(2) ** (Decimal(1) / _STEPS)
        roots = [root**j for j in range(_STEPS)]
        high = [float(root) for root in roots]
        low = [float(exact - Decimal(part)) for exact, part in zip(roots, high, strict=True)]
        return float(1 / step), coarse, float(step - Decimal(coarse)), high, low


_PER_UNIT, _COARSE, _FINE, _HIGH, _LOW = _constants()
_HIGHS, _LOWS = np.array(_HIGH), np.array(_LOW)


def sigmoid(margin: float) -> float:
    """Probability, in (0, 1], of one margin; ValueError for NaN."""
    if math.isnan(margin):
        raise ValueError("a margin is NaN; the trees give none, so look at what was summed")
    power = -_EDGE if margin > _EDGE else _EDGE if margin < -_EDGE else -margin
    steps = round(power * _PER_UNIT)
    coarse = power - steps * _COARSE  # exact
    fine = -(steps * _FINE)
    r = coarse + fine
    growth = coarse + (
        fine + r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720)))))
    )
    high = _HIGH[steps % _STEPS]
    root = high + (_LOW[steps % _STEPS] + high * growth)
    return 1.0 / (1.0 + math.ldexp(root, steps // _STEPS))


def sigmoids(margins: NDArray[np.float64]) -> NDArray[np.float64]:
    """`sigmoid` of each of the margins, (n,), to the same bit; ValueError for a NaN among them."""
    if np.isnan(margins).any():
        raise ValueError("a margin is NaN; the trees give none, so look at what was summed")
    power = -np.clip(margins, -_EDGE, _EDGE)
    rounded = np.rint(power * _PER_UNIT)
    steps = rounded.astype(np.int64)
    coarse = power - rounded * _COARSE
    fine = -(rounded * _FINE)
    r = coarse + fine
    growth = coarse + (
        fine + r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720)))))
    )
    high = _HIGHS[steps % _STEPS]
    root = high + (_LOWS[steps % _STEPS] + high * growth)
    probabilities: NDArray[np.float64] = 1.0 / (1.0 + np.ldexp(root, steps // _STEPS))
    return probabilities
