"""Label shift: the share of events changed, and who has the event looks as before.

The prior is estimated from the recalibrated scores alone by maximum likelihood (MLLS: Saerens,
Latinne and Decaestecker, 2002; Alexandari, Kundaje and Shrikumar, 1901.06852).
"""

from dataclasses import dataclass

import numpy as np

from diagnosis.causes.calibrated import calibrated
from diagnosis.causes.crowd import Crowd
from diagnosis.reference import Reference
from diagnosis.rows import Floats

_STEPS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """The log of the odds ratio between two priors, by the scores alone, with its error."""

    before: float
    after: float
    log_odds: float
    error: float

    def lay(self, base: Crowd, reference: Reference) -> Crowd:
        """The rows of before, weighted to the prior of after."""
        p = calibrated(reference, base.scores)
        own = float((p * base.weights).sum() / base.weights.sum())
        odds = np.exp(self.log_odds) * own / (1 - own)
        new = odds / (1 + odds)
        weights = new / own * p + (1 - new) / (1 - own) * (1 - p)
        return base.weighted(base.weights * weights)


def prior(reference: Reference, base: Crowd, later: Crowd) -> Prior:
    """How the prior changed, if P(x|y) is unchanged."""
    one, two = (calibrated(reference, crowd.scores) for crowd in (base, later))
    start = float((one * base.weights).sum() / base.weights.sum())
    first, first_error = _estimate(one, base.weights, start)
    second, second_error = _estimate(two, later.weights, start)
    # Both are estimated alike, so that what the calibration lacks is in both.
    change = _log_odds(second) - _log_odds(first)
    return Prior(first, second, change, float(np.hypot(first_error, second_error)))


def _estimate(p: Floats, weights: Floats, start: float) -> tuple[float, float]:
    """The prior by expectation maximisation, and the error of its log odds."""
    weights = weights / weights.sum()
    prior = start
    for _ in range(_STEPS):
        up, down = prior / start * p, (1 - prior) / (1 - start) * (1 - p)
        new = float((weights * up / (up + down)).sum())
        done = abs(new - prior) < 1e-9
        prior = min(max(new, 1e-6), 1 - 1e-6)
        if done:
            break
    up, down = prior / start * p, (1 - prior) / (1 - start) * (1 - p)
    # The derivative of the log likelihood of a row by the log odds of the prior.
    slope = up / (up + down) - prior
    size = 1 / float((weights**2).sum())
    information = size * float((weights * slope**2).sum())
    return prior, 1 / np.sqrt(max(information, 1e-9))


def _log_odds(p: float) -> float:
    return float(np.log(p / (1 - p)))
