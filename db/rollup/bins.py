"""The bins of what is counted the same for every model.

A value lies in bin `width_bucket(value, edges)`, from 0: below the first edge it is 0, at an edge
and above it the next. What is stored was counted by these edges: they are never changed; other ones
would be another column.
"""

from itertools import pairwise
from math import exp

LAGS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 3600, 21_600, 86_400)
"""Seconds from the score of a row to its storage."""

DURATIONS = (0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 25, 50, 100, 250, 1000)
"""Milliseconds from a request's arrival to its score."""

AGES = (
    *(1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 75, 90, 120, 150, 180, 240, 300, 365),
    *(456, 548, 639, 730, 913, 1095),
)
"""Days from the business time of a prediction to the observation of its outcome."""


def _scores() -> tuple[float, ...]:
    """Steps of a tenth in the logit, from -9.9 to 9.9."""
    # Rounded, for libraries of mathematics differ in the last digit.
    return tuple(round(1 / (1 + exp(-step / 10)), 12) for step in range(-99, 100))


SCORES = _scores()
"""Edges of the probabilities by which outcomes are counted: 200 bins, narrow at both ends."""

assert all(low < high for edges in (LAGS, DURATIONS, AGES, SCORES) for low, high in pairwise(edges))
