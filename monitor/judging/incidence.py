"""How many will have gone bad by an age, when not all are that old (Aalen and Johansen 1978)."""

import numpy as np

from monitor.judging.counts import Floats, Ints
from monitor.judging.interval import Interval, clopper_pearson, log_log


def incidence(at_risk: Ints, events: Ints, competing: Ints) -> tuple[Interval | None, ...]:
    """The cumulative incidence at the end of each of k periods, with its interval; all are (k,).

    `at_risk`: those who are observed throughout the period, and had no event before it. `events`
    and `competing` are of these, in the period. Without competing events and with nobody leaving
    it is the share of the first; without competing events it is 1 - Kaplan and Meier's estimate.
    None from the first period on in which nobody is at risk, unless all had an event by then.
    """
    share, variance = estimate(at_risk, events, competing)
    left = np.concatenate([[1], (at_risk - events - competing)[:-1]])
    ended = np.minimum.accumulate(np.where((at_risk == 0) & (left > 0), 0, 1)) == 0
    return tuple(
        None if over else _interval(float(value), float(spread), int(cases))
        for value, spread, cases, over in zip(share, variance, at_risk, ended, strict=True)
    )


def estimate(at_risk: Ints, events: Ints, competing: Ints) -> tuple[Floats, Floats]:
    """(k,) estimates and their variances, by the delta method (Marubini and Valsecchi 1995)."""
    n = np.maximum(at_risk, 1).astype(np.float64)
    d = (events + competing).astype(np.float64)
    free = np.concatenate([[1.0], np.cumprod(1 - d / n)[:-1]])
    steps = free * events / n
    share = np.cumsum(steps)
    # Where all that were at risk had their event, nothing follows that this could vary.
    greenwood = np.divide(d, n * (n - d), out=np.zeros_like(n), where=n > d)
    own = free**2 * events * (n - events) / n**3
    variance = np.empty_like(share)
    for k in range(len(share)):
        later = share[k] - share[: k + 1]
        variance[k] = (
            (later**2 * greenwood[: k + 1]).sum()
            + own[: k + 1].sum()
            - 2 * (later * free[: k + 1] * events[: k + 1] / n[: k + 1] ** 2).sum()
        )
    return share, np.maximum(variance, 0)


def _interval(share: float, variance: float, cases: int) -> Interval:
    """On a scale that keeps it between 0 and 1; for none and all, exact for those still at risk."""
    if 0 < share < 1 and variance > 0:
        return log_log(share, variance)
    count = clopper_pearson(round(share * cases), max(cases, 1))
    return Interval(share, min(count.low, share), max(count.high, share))
