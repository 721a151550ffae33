"""Bounds of a mean that hold at every look, however often and whenever one looks.

Let d_1, d_2, ... be differences with d_i >= -c, and m_i the expectation of d_i given what came
before. For 0 <= l < 1/c and psi(l) = (-log(1 - c l) - c l) / c^2 the product of
exp(l (d_i - m_i) - psi(l) d_i^2) is a supermartingale that begins at 1 (Fan, Grama and Liu 2015;
Howard, Ramdas, McAuliffe and Sekhon 2021, theorem 4; Choe and Ramdas, 2110.00115, use it for
differences of scores). So is the mean of several l, and by Ville's inequality it ever reaches
1 / alpha with probability alpha at most. The lower bound is the mean m for which it would just
have reached it; it needs the sum of d and of d^2 alone. Nothing is assumed of the distribution,
and the m_i may drift: what is bounded is their mean so far.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retraining.ladder.option import Interval

Floats = NDArray[np.float64]

# Of 1 / c: from bets that suit few, large differences to those that suit millions.
_BETS = 0.8 * 0.5 ** np.arange(14)
_LOG_WEIGHT = -math.log(len(_BETS))
_PSI = -np.log1p(-_BETS) - _BETS
_MOST_STEPS = 60
_CLOSE = 1e-12
_LEAST_RANGE = 1e-12
_MOST_CASES = 10**8


@dataclass(frozen=True, slots=True)
class Span:
    """No difference is below `least` (0 or less) or above `most` (0 or more)."""

    least: float
    most: float

    @property
    def mirrored(self) -> "Span":
        """Of the differences with the other sign."""
        return Span(-self.most, -self.least)


@dataclass(frozen=True, slots=True)
class Sums:
    """Of n differences: how many, their sum, and the sum of their squares."""

    n: int
    total: float
    squares: float

    @classmethod
    def of(cls, differences: Floats) -> "Sums":
        """Of differences (n,)."""
        return cls(len(differences), float(differences.sum()), float(np.square(differences).sum()))

    @property
    def mirrored(self) -> "Sums":
        """Of the differences with the other sign."""
        return Sums(self.n, -self.total, self.squares)

    def grown(self, n: int) -> "Sums":
        """What they were after n differences, if things went on as they did."""
        return Sums(n, self.total * n / self.n, self.squares * n / self.n)


def interval(sums: Sums, span: Span, alpha: float) -> Interval:
    """The mean so far; each of the two bounds holds at all looks at once but for alpha.

    Of no difference at all nothing is known: the bounds are the span.
    """
    if not sums.n:
        return Interval(0.0, span.least, span.most)
    mean = sums.total / sums.n
    lower = lower_bound(sums, span, alpha)
    return Interval(mean, lower, -lower_bound(sums.mirrored, span.mirrored, alpha))


def lower_bound(sums: Sums, span: Span, alpha: float) -> float:
    """The lower bound of the mean; never below the span."""
    scale = max(-span.least, _LEAST_RANGE)
    bets = _BETS / scale
    spent = _PSI / scale**2 * sums.squares
    needed = -math.log(alpha)
    # The logarithm of the mean of all bets falls with m and is convex: from the m of the best bet
    # alone, which is too low, Newton's steps rise to the bound and never pass it.
    low = float(((sums.total - (spent + needed - _LOG_WEIGHT) / bets) / sums.n).max())
    for _ in range(_MOST_STEPS):
        told = bets * (sums.total - sums.n * low) - spent + _LOG_WEIGHT
        greatest = float(told.max())
        parts = np.exp(told - greatest)
        whole = float(parts.sum())
        step = (
            (greatest + math.log(whole) - needed) * whole / (sums.n * float((parts * bets).sum()))
        )
        if step <= _CLOSE * scale:
            break
        low += step
    return max(low, span.least)


def cases_to_exceed(sums: Sums, span: Span, alpha: float, target: float) -> int | None:
    """After how many in all the lower bound would be above the target, if things go on like this.

    None where that is never, or not within a hundred million.
    """
    if not sums.n or sums.total / sums.n <= target:
        return None
    few, many = 0, max(sums.n, 16)
    while lower_bound(sums.grown(many), span, alpha) <= target:
        few, many = many, many * 2
        if many > _MOST_CASES:
            return None
    while many - few > max(1, many // 100):
        middle = (few + many) // 2
        if lower_bound(sums.grown(middle), span, alpha) > target:
            many = middle
        else:
            few = middle
    return many
