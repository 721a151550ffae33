"""Vintages: the share gone bad by equal age, of cohorts that may be due or not."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from db.rollup import bins
from monitor.judging.cohort import Cohort
from monitor.judging.counts import Counts, Flags, Ints, utc
from monitor.judging.incidence import incidence
from monitor.judging.interval import Interval

AGES = bins.AGES


@dataclass(frozen=True, slots=True)
class Vintage:
    """A cohort by age: what is known when all of it has reached an age, and an estimate before.

    Both are shares of the predictions that are not taken back, unobservable or contested, as far
    as that is known. A bad outcome that nobody reports is missing in both.
    """

    cohort: Cohort
    as_of: datetime
    cases: int
    bad: tuple[int | None, ...]
    """(25,): known bad before each age of `AGES`; None where not all of it has reached the age."""

    @property
    def estimate(self) -> tuple[Interval | None, ...]:
        """(25,): the share expected by each age; None where none has reached it."""
        return estimate(self.cohort.counts, self.as_of)

    def share(self, place: int) -> float | None:
        """Bad by the age at this place, of all; None where not all have reached it."""
        bad = self.bad[place]
        return None if bad is None or not self.cases else bad / self.cases


def vintage(cohort: Cohort, as_of: datetime) -> Vintage:
    """The cohort as of a time."""
    counts = cohort.counts
    age = utc(as_of) - utc(cohort.end)
    reached = [age >= np.timedelta64(days, "D") for days in AGES]
    known = counts.bad_ages.sum(axis=0).cumsum().tolist()
    return Vintage(
        cohort,
        as_of,
        int(_cases(counts).sum()),
        tuple(bad if so else None for bad, so in zip(known, reached, strict=False)),
    )


def estimate(counts: Counts, as_of: datetime) -> tuple[Interval | None, ...]:
    """(25,): the share expected to be bad by each age, from rows of all ages; None: none that old.

    A row is looked at up to the last age that all its predictions have reached; that a case is
    good is a competing event, for then it does not turn bad. Those not known yet are taken to go as
    those did that were known no later than at their age.
    """
    whole = _whole(counts, as_of)
    cases = _cases(counts)
    bad, good = counts.bad_ages[:, :-1] * whole, counts.good_ages[:, :-1] * whole
    gone = (bad + good).cumsum(axis=1)
    at_risk = (cases[:, None] - gone + bad + good) * whole
    return incidence(at_risk.sum(axis=0), bad.sum(axis=0), good.sum(axis=0))


def _whole(counts: Counts, as_of: datetime) -> Flags:
    """(n, 25): whether all predictions of the row have reached the age."""
    age = utc(as_of) - counts.end
    edges = np.array(AGES, dtype="timedelta64[D]")
    reached: Flags = age[:, None] >= edges[None, :]
    return reached


def _cases(counts: Counts) -> Ints:
    """(n,): predictions whose outcome is good, bad, or still to come."""
    cases: Ints = counts.states[:, :4].sum(axis=1)
    return cases
