"""AUC from binned scores: its interval, and how much the bins can hide."""

from dataclasses import dataclass

import numpy as np

from monitor.judging.answer import Unsaid
from monitor.judging.counts import Ints
from monitor.judging.interval import Interval, by_score, logit

LEAST = 10
"""Of each class; with fewer an interval that goes by large numbers says nothing."""


@dataclass(frozen=True, slots=True)
class Auc:
    """Chance that a bad case has a higher score than a good one, ties counted half (Mann-Whitney).

    Cases of one bin count as ties. `hidden` bounds what that can do: the area of the scores
    themselves lies no further from `area.value`; it is half of the share of pairs within a bin.
    """

    area: Interval
    hidden: float


def auc(good: Ints, bad: Ints) -> Auc | Unsaid:
    """Of (k,) counts by score, rising; the interval is that of DeLong et al. (1988), by logit."""
    goods, bads = int(good.sum()), int(bad.sum())
    for name, count in (("good", goods), ("bad", bads)):
        if count < LEAST:
            return Unsaid(f"the order of scores needs {LEAST} {name} cases", LEAST - count)
    below = good.cumsum() - good / 2
    above = bads - bad.cumsum() + bad / 2
    value = float((bad * below).sum() / goods / bads)
    hidden = float((bad.astype(np.float64) * good).sum() / goods / bads / 2)
    variance = _spread(below / goods, bad) / bads + _spread(above / bads, good) / goods
    if 0 < value < 1 and variance > 0:
        return Auc(logit(value, variance), hidden)
    # Perfectly apart, or all in one bin: what was seen has no spread, what it came from may have.
    return Auc(by_score(value, lambda area: _rank_variance(area, goods, bads)), hidden)


def _spread(values: np.ndarray[tuple[int], np.dtype[np.float64]], cases: Ints) -> float:
    """Sample variance of values that come so many times each."""
    total = cases.sum()
    mean = (values * cases).sum() / total
    return float(((values - mean) ** 2 * cases).sum() / (total - 1))


def _rank_variance(area: float, goods: int, bads: int) -> float:
    """Variance at an area (Hanley and McNeil 1982), as Newcombe (2006, method 5) has it."""
    more = (goods + bads) / 2 - 1
    spread = 1 + more * (1 - area) / (2 - area) + more * area / (1 + area)
    return area * (1 - area) * spread / (goods * bads)
