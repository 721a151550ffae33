"""What would decide, how much of it, and about when."""

import numpy as np

from diagnosis.case import Case
from diagnosis.causes.calibrated import calibrated
from diagnosis.finding import Decides
from diagnosis.hours import WEEK

_MOST_WEEKS = 520
_NEUTRAL = 1.15


def wanted(case: Case, log_odds: float, error: float | None = None) -> Decides:
    """Outcomes of cases since the onset, so many that odds of this size are told.

    Needed are about (4.5 / (ln OR - ln 1.15))^2 events; with the error of a factor as it stands, as
    many times those at hand as make it small enough.
    """
    room = max(abs(log_odds) - np.log(_NEUTRAL), 0.12)
    events = (4.5 / room) ** 2
    rows = case.after if len(case.after) else case.before
    rate = float(calibrated(case.reference, rows.scores).mean()) if len(rows) else 0.05
    have = int(case.due_after.labelled.sum())
    if error is not None:
        events = max(events, rate * have * min((5 * error / max(abs(log_odds), 0.1)) ** 2, 20.0))
    needed = int(np.ceil(events / max(rate, 1e-3)))
    more = max(needed - have, int(np.ceil(0.25 * needed)))
    return Decides(
        observation=f"About {more:,} more outcomes of cases since the onset decide,"
        f" {max(round(more * rate), 1):,} of them bad.",
        outcomes=more,
        hour=_hour(case, more),
    )


def _hour(case: Case, outcomes: int) -> int | None:
    """When so many further cases since the onset are due, at the rate of after."""
    rows = case.after
    lags = (rows.due - rows.times)[np.isfinite(rows.due)]
    hours = len(case.volume_after.rows)
    if not len(lags) or not hours:
        return None
    an_hour = float(case.volume_after.rows.sum()) / hours * max(_covered(case), 0.05)
    if an_hour <= 0:
        return None
    first = max(case.at, int(case.onset.hour + float(np.median(lags))))
    when = first + int(np.ceil(outcomes / an_hour))
    return when if when < case.at + _MOST_WEEKS * WEEK else None


def _covered(case: Case) -> float:
    for rows in (case.due_after, case.due_before):
        if len(rows) >= 50:
            return float(rows.labelled.mean())
    return 1.0
