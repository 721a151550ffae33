"""The rungs that keep the trees: a threshold, an intercept, a slope; fitted on the fit part.

Each is the same double for the same rows on one machine: sums of numpy, no linear algebra.
"""

import numpy as np

from contract.sigmoid import sigmoids
from retraining.ladder.answers import Floats, answers_of
from retraining.ladder.evaluation import Judged, Labels, Link, Margins, Served
from retraining.policy import Errors

_MOST_STEPS = 200
_CLOSE = 1e-12
_INTERCEPT = 1000.0
_SLOPES = (0.001, 1000.0)


class CannotFit(Exception):
    """The rows do not say what a rung would be; the message is a sentence for people."""


def fitted_threshold(fit: Judged, served: Served, errors: Errors | None) -> float:
    """The threshold that costs least; where several do, the one nearest to what is served.

    Raises CannotFit where the errors have no costs: a squared error knows no threshold.
    """
    if errors is None:
        raise CannotFit(
            "No threshold can be said to be better: the policy does not say what the errors cost."
        )
    _need_both(fit.labels)
    scores = answers_of(fit.margins, served.link, served.threshold).scores
    values, places = np.unique(scores, return_inverse=True)
    bads = np.bincount(places, weights=fit.labels, minlength=len(values))
    goods = np.bincount(places, weights=1 - fit.labels, minlength=len(values))
    missed = np.concatenate([[0.0], np.cumsum(bads)])
    alarms = np.concatenate([np.cumsum(goods[::-1])[::-1], [0.0]])
    total = errors.false_negative * missed + errors.false_positive * alarms
    # What is served decides as one of these does, and stays what it is where that is the best.
    same = int(np.searchsorted(values, served.threshold))
    thresholds = np.concatenate([values, [1.0]])
    thresholds[same] = served.threshold
    best = np.flatnonzero(total == total.min())
    return float(thresholds[best[np.argmin(np.abs(thresholds[best] - served.threshold))]])


def fitted_intercept(fit: Judged, served: Served) -> Link:
    """Calibration in the large: the slope that is served, and the intercept of most likelihood."""
    _need_both(fit.labels)
    slope = served.link.slope
    offsets = slope * fit.margins
    bads = float(fit.labels.sum())
    # At its two ends all scores are at most, or at least, the share of bads.
    log_odds = float(np.log(bads) - np.log(len(fit) - bads))
    low, high = log_odds - float(offsets.max()), log_odds - float(offsets.min())
    # Expected bads rise with the intercept: halved until no double lies between.
    while low < (middle := (low + high) / 2) < high:
        if float(sigmoids(middle + offsets).sum()) < bads:
            low = middle
        else:
            high = middle
    return _bounded(Link(high, slope))


def fitted_slope(fit: Judged) -> Link:
    """Logistic recalibration: intercept and slope of the greatest likelihood.

    Raises CannotFit where there is none, or where higher sums would mean less risk.
    """
    _need_both(fit.labels)
    bads, goods = fit.margins[fit.labels == 1], fit.margins[fit.labels == 0]
    if fit.margins.min() == fit.margins.max():
        raise CannotFit("All rows have one score, so nothing can be said of a slope.")
    if bads.min() >= goods.max() or goods.min() >= bads.max():
        raise CannotFit("The scores separate both outcomes, so that no slope is the most likely.")
    found = _newton(fit.margins, fit.labels)
    if found.slope <= 0:
        raise CannotFit(
            f"The most likely slope is {found.slope:.3g}: higher scores would mean less risk, which"
            " no recalibration mends."
        )
    return _bounded(found)


def _need_both(labels: Labels) -> None:
    bads = int(labels.sum())
    if bads in {0, len(labels)}:
        raise CannotFit(
            f"Of {len(labels):,} rows to fit on {bads:,} have the event: both outcomes are needed."
        )


def _bounded(link: Link) -> Link:
    if abs(link.intercept) > _INTERCEPT or not _SLOPES[0] <= link.slope <= _SLOPES[1]:
        raise CannotFit(
            f"The most likely link, {link.intercept:.3g} + {link.slope:.3g} x, is beyond what a"
            " bundle may hold."
        )
    return link


def _newton(x: Margins, labels: Labels) -> Link:
    """The greatest likelihood of intercept + slope x.

    It is concave: halving a step until it rises always ends at the maximum.
    """
    # Centred and scaled, so that the two unknowns hardly know of each other.
    centre, scale = float(x.mean()), float(x.std())
    z = (x - centre) / scale
    rate = float(labels.mean())
    at, value = np.array([np.log(rate / (1 - rate)), 0.0]), -np.inf
    for _ in range(_MOST_STEPS):
        step = _step(at[0] + at[1] * z, z, labels)
        while (tried := _log_likelihood((at + step)[0] + (at + step)[1] * z, labels)) < value:
            step = step / 2
        at, gain, value = at + step, tried - value, tried
        if gain <= _CLOSE * len(labels):
            break
    return Link(float(at[0] - at[1] * centre / scale), float(at[1] / scale))


def _step(sums: Floats, z: Floats, labels: Labels) -> Floats:
    scores = sigmoids(sums)
    residuals, weights = labels - scores, scores * (1 - scores)
    g0, g1 = residuals.sum(), (residuals * z).sum()
    h00, h01, h11 = weights.sum(), (weights * z).sum(), (weights * z * z).sum()
    step: Floats = np.array([h11 * g0 - h01 * g1, h00 * g1 - h01 * g0])
    return step / float(h00 * h11 - h01 * h01)


def _log_likelihood(sums: Floats, labels: Labels) -> float:
    # log(1 + exp(-s)) of the side that happened, without an overflow.
    return -float(np.logaddexp(0.0, np.where(labels == 1, -sums, sums)).sum())
