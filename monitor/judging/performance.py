"""How the scores did, on cases that are due."""

from dataclasses import dataclass
from datetime import datetime

from monitor.judging.answer import Unsaid
from monitor.judging.calibration import HIGH, LOW, Group, groups
from monitor.judging.cohort import Cohort
from monitor.judging.counts import Counts, together
from monitor.judging.discrimination import Auc, auc
from monitor.judging.interval import Interval, garwood, wald

LEAST = 30
"""Judged cases from which a mean has an interval that goes by large numbers."""


@dataclass(frozen=True, slots=True)
class Performance:
    """Of the judged cases of a cohort that is wholly due, or of several of them."""

    cases: int
    """Good and bad ones."""
    bad: int
    coverage: float | None
    """Judged, as a share of those not known to be unobservable; None where no time is declared."""
    expected: float
    """Sum of their probabilities: exact, not from bins."""
    ratio: Interval | Unsaid
    """Observed over expected, with the exact interval of Garwood (1936)."""
    auc: Auc | Unsaid
    brier: Interval | Unsaid
    """Mean squared error of the probabilities: exact; its normal interval errs on the wide side."""


@dataclass(frozen=True, slots=True)
class CohortPerformance:
    """A cohort and how it did; Unsaid while it is not wholly due."""

    start: datetime
    end: datetime
    is_due: bool
    """Wholly; then there may still be nothing that was judged."""
    performance: Performance | Unsaid


def of_cohort(cohort: Cohort, as_of: datetime) -> CohortPerformance:
    """The cohort as of a time."""
    if cohort.is_due(as_of):
        return CohortPerformance(cohort.start, cohort.end, True, performance(cohort.counts))
    waiting = int((~cohort.counts.due(as_of) & ~cohort.counts.open).sum())
    reason = "not all of its outcomes are due" if waiting else "it is not over"
    return CohortPerformance(cohort.start, cohort.end, False, Unsaid(reason))


def performance(counts: Counts) -> Performance | Unsaid:
    """Of rows that are due, all of them."""
    states = counts.total()
    if not states.known:
        return Unsaid("none of its outcomes is known", 1)
    dated = counts.total(~counts.open)
    possible = dated.predictions - dated.unobservable
    good, bad = counts.good_scores.sum(axis=0), counts.bad_scores.sum(axis=0)
    expected = counts.sum("good_sum") + counts.sum("bad_sum")
    return Performance(
        states.known,
        states.bad,
        dated.known / possible if possible else None,
        expected,
        garwood(states.bad, expected) if expected > 0 else Unsaid("every score is 0"),
        auc(good, bad),
        brier(counts),
    )


def calibration(counts: Counts) -> tuple[Group, ...]:
    """Of rows that are due, all of them: observed and expected by height of the score."""
    good, bad = counts.good_scores.sum(axis=0), counts.bad_scores.sum(axis=0)
    return groups(good, bad, counts.sum("good_sum") + counts.sum("bad_sum"))


def brier(counts: Counts) -> Interval | Unsaid:
    """From the exact sums; its variance from the bins, at the end of each where it is greater."""
    states = counts.total()
    if states.known < LEAST:
        return Unsaid(f"a mean error needs {LEAST} judged cases", LEAST - states.known)
    total = (
        states.bad
        - 2 * counts.sum("bad_sum")
        + counts.sum("bad_squares")
        + counts.sum("good_squares")
    )
    value = min(max(total / states.known, 0.0), 1.0)
    fourth = (counts.good_scores.sum(axis=0) * HIGH**4).sum()
    fourth += (counts.bad_scores.sum(axis=0) * (1 - LOW) ** 4).sum()
    return wald(value, max(float(fourth) / states.known - value**2, 0.0) / states.known)


def joined(cohorts: tuple[Cohort, ...], as_of: datetime) -> Counts | None:
    """The rows of those that are wholly due, together; None where none is."""
    due = [cohort.counts for cohort in cohorts if cohort.is_due(as_of)]
    return together(due) if due else None
