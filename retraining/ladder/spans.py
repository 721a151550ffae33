"""By how much the losses of two ways to answer can differ in a case, known before it comes."""

import functools
import math

import numpy as np

from retraining.ladder.answers import Floats
from retraining.ladder.confidence import Span
from retraining.ladder.evaluation import Link, Served
from retraining.policy import Errors

_PARTS = 4_000
# Between two places of the grid each score moves by 1 / _PARTS at most, and a squared error by
# twice that.
_SLACK = 4 / _PARTS
_NEAR = 1e-9

EQUAL = Span(0.0, 0.0)


def span(one: Served | None, other: Served | None, errors: Errors | None) -> Span:
    """Of the loss of one minus the loss of the other; None: of other trees, of which all may be.

    Two links of the same trees have little room between them, which lets far fewer cases decide.
    """
    if one is not None and one == other:
        return EQUAL
    if errors is None:
        return Span(-1.0, 1.0) if one is None or other is None else _of_squares(one, other)
    most = max(errors.false_negative, errors.false_positive)
    if one is None or other is None:
        return Span(-most, most)
    here, there = _cut(one), _cut(other)
    if _are_near(here, there):
        return Span(-most, most)
    if there < here:
        # The other refuses more: it may spare a false negative, and make a false positive.
        return Span(-errors.false_positive, errors.false_negative)
    return Span(-errors.false_negative, errors.false_positive)


@functools.lru_cache(maxsize=64)
def _of_squares(one: Served, other: Served) -> Span:
    places = np.sort(np.concatenate([_places(one.link), _places(other.link)]))
    first, second = (served.link.probabilities(places) for served in (one, other))
    differences = np.concatenate(
        [np.square(first - label) - np.square(second - label) for label in (0, 1)]
    )
    return Span(
        max(-1.0, min(0.0, float(differences.min())) - _SLACK),
        min(1.0, max(0.0, float(differences.max())) + _SLACK),
    )


def _places(link: Link) -> Floats:
    """Trees' sums at which the score is 1 / n, 2 / n, ..."""
    scores = np.arange(1, _PARTS) / _PARTS
    places: Floats = (np.log(scores / (1 - scores)) - link.intercept) / link.slope
    return places


def _cut(served: Served) -> float:
    """The trees' sum from which on a case is refused."""
    if served.threshold <= 0:
        return -math.inf
    if served.threshold >= 1:
        return math.inf
    log_odds = math.log(served.threshold) - math.log1p(-served.threshold)
    return (log_odds - served.link.intercept) / served.link.slope


def _are_near(here: float, there: float) -> bool:
    # Where rounding could tell which of the two refuses more, neither is taken for it.
    return here == there or abs(here - there) <= _NEAR * max(1.0, abs(here))
