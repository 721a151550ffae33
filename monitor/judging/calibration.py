"""Whether as many go bad as the scores say: in all, and by height of the score."""

from dataclasses import dataclass

import numpy as np

from db.rollup import bins
from monitor.judging.counts import Ints
from monitor.judging.interval import Interval, clopper_pearson

GROUPS = 10
_EDGES = np.array((0.0, *bins.SCORES, 1.0))
LOW, HIGH = _EDGES[:-1], _EDGES[1:]
"""(200,): the ends of each bin of the scores."""


@dataclass(frozen=True, slots=True)
class Group:
    """Cases whose scores lie from `low` to `high`: how many were bad, and how many were to be.

    The mean of their scores lies between `least` and `most`, for that is what the bins tell;
    `expected` is the place between them at which all groups together have the known sum.
    """

    low: float
    high: float
    cases: int
    bad: int
    observed: Interval
    """Share of bad, with the interval of Clopper and Pearson (1934)."""
    expected: float
    least: float
    most: float

    @property
    def verdict(self) -> int:
        """1: more bad than any mean score in the bins can say; -1: fewer; 0: neither."""
        return int(self.observed.low > self.most) - int(self.observed.high < self.least)


def groups(good: Ints, bad: Ints, expected: float, most: int = GROUPS) -> tuple[Group, ...]:
    """(200,) counts by score -> at most so many groups of about as many cases, none of them empty.

    `expected` is the sum of all their probabilities. A group is made of whole bins.
    """
    cases = good + bad
    if not (total := int(cases.sum())):
        return ()
    lowest, highest = float((cases * LOW).sum()), float((cases * HIGH).sum())
    # In floats the sum may lie a hair beyond.
    place = min(max((expected - lowest) / (highest - lowest), 0.0), 1.0)
    # The middle case of a bin decides to which part of the whole the bin goes.
    part = np.minimum((cases.cumsum() - cases / 2) * most // total, most - 1)
    return tuple(
        _group(cases * inside, bad * inside, place)
        for inside in (part == number for number in range(most))
        if (cases * inside).any()
    )


def _group(cases: Ints, bad: Ints, place: float) -> Group:
    found = np.flatnonzero(cases)
    count = int(cases.sum())
    least, most = float((cases * LOW).sum() / count), float((cases * HIGH).sum() / count)
    return Group(
        float(LOW[found[0]]),
        float(HIGH[found[-1]]),
        count,
        int(bad.sum()),
        clopper_pearson(int(bad.sum()), count),
        least + place * (most - least),
        least,
        most,
    )
