"""Observed against expected: how far the odds of the event are from the recalibrated scores."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from contract.profile import ScoreProfile
from diagnosis import e_detector

Floats = NDArray[np.float64]

_LEAST = 1e-4
# Cases of about the same odds are counted together: their mean is what the test needs.
_ODDS = np.arange(-6.0, 2.5, 0.75)
BINS = len(_ODDS) + 1


def expected(profile: ScoreProfile, scores: Floats) -> Floats:
    """The recalibrated probability of each logged one, inside 0 and 1."""
    found = np.interp(scores, profile.scores, profile.calibrated)
    return np.clip(found, _LEAST, 1 - _LEAST)


def bins_of(chances: Floats) -> NDArray[np.int64]:
    """(n,): the bin of each probability."""
    found: NDArray[np.int64] = np.searchsorted(_ODDS, logit(chances), side="right")
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """Cases of one segment, by bin of their probability, (bins,): events, cases, and expected."""

    events: Floats
    cases: Floats
    expected: Floats

    def tilted(self, offset: float) -> Floats:
        """(bins,): the mean probability where all odds are exp(offset) times as large."""
        mean = self.expected / np.maximum(self.cases, 1e-9)
        found: Floats = expit(logit(np.clip(mean, _LEAST / 2, 1 - _LEAST / 2)) + offset)
        return found

    def offset(self) -> tuple[float, float]:
        """The logarithm of the ratio of the odds, and its standard error (one event is added)."""
        events, found = float(self.events.sum()), 0.0
        for _ in range(8):
            p = self.tilted(found)
            information = float(self.cases @ (p * (1 - p)))
            missing = events - float(self.cases @ p)
            # Half an event and half a non-event keep the estimate finite.
            missing += 0.5 * (1 - 2 * float(expit(found)))
            information += 0.5 * float(expit(found) * (1 - expit(found)))
            found += float(np.clip(missing / max(information, 1e-9), -1, 1))
        p = self.tilted(found)
        return found, max(float(self.cases @ (p * (1 - p))), 0.25) ** -0.5

    def log_e(self, low: float, high: float, tolerance: float) -> Floats:
        """(2, alternatives): E = product of (q/p)^y ((1-q)/(1-p))^(1-y), both ways.

        Cases of a bin have their mean p: the expectation is at most 1 all the same, since E is
        linear in each y and the mean of a product is at most that of its equal factors.
        """
        return np.stack([self._way(high, tolerance), self._way(low, -tolerance)])

    def _way(self, bound: float, step: float) -> Floats:
        p = self.tilted(bound)
        told = []
        for alternative in e_detector.ALTERNATIVES:
            q = self.tilted(bound + alternative * step)
            with_event = self.events @ np.log(q / p)
            without = (self.cases - self.events) @ np.log((1 - q) / (1 - p))
            told.append(with_event + without)
        return np.array(told)


def cohorts(members: NDArray[np.bool_], events: Floats, chances: Floats) -> list[Cohort]:
    """Of each segment, members being (n, segments)."""
    one_hot = np.zeros((len(events), BINS))
    one_hot[np.arange(len(events)), bins_of(chances)] = 1.0
    inside = members.T.astype(np.float64)
    cases = inside @ one_hot
    happened = inside @ (one_hot * events[:, None])
    foreseen = inside @ (one_hot * chances[:, None])
    return [Cohort(*each) for each in zip(happened, cases, foreseen, strict=True)]


def auc(events: Floats, places: NDArray[np.int64], bins: int) -> tuple[float, float] | None:
    """The area under the curve of binned scores and its error (Hanley and McNeil, 1982).

    None with fewer than five cases of either kind.
    """
    good = np.bincount(places[events == 0], minlength=bins).astype(np.float64)
    bad = np.bincount(places[events == 1], minlength=bins).astype(np.float64)
    return auc_of_counts(good, bad)


def auc_of_counts(good: Floats, bad: Floats) -> tuple[float, float] | None:
    """As `auc`, of counts by bin."""
    n, m = good.sum(), bad.sum()
    if min(n, m) < 5:
        return None
    area = float((bad * (np.cumsum(good) - good / 2)).sum() / (n * m))
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (area * (1 - area) + (m - 1) * (q1 - area**2) + (n - 1) * (q2 - area**2)) / (n * m)
    return area, float(np.sqrt(max(variance, 1e-8)))
