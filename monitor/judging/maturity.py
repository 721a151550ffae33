"""What is due, what is known of it, and how long it took."""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from db.rollup import bins
from monitor.judging.counts import Counts, States


@dataclass(frozen=True, slots=True)
class Delay:
    """A quantile of the days from prediction to observation: at least `low`, less than `high`.

    It is counted in bins; between two edges nothing is known. Without `high`: beyond all edges.
    """

    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Maturity:
    """The predictions of some rows as of a time, in three groups, each by state.

    `due`: the whole day (UTC) on which they are due is over. `waiting`: it is not. `undated`: no
    due time is declared for them, so that nothing of it is ever overdue, and what is known counts.
    """

    due: States
    waiting: States
    undated: States
    median: Delay | None
    """Of the known ones among `due` and `undated`: those of the others are the early ones."""
    late: Delay | None
    """Their 95th percentile."""

    @property
    def predictions(self) -> int:
        """All of them."""
        return self.due.predictions + self.waiting.predictions + self.undated.predictions

    @property
    def judged(self) -> int:
        """Due, and known to be good or bad."""
        return self.due.known

    @property
    def overdue(self) -> int:
        """Due, without a final word."""
        return self.due.unknown

    @property
    def early_bad(self) -> int:
        """Bad before they are due: final, but no rate can be made of them."""
        return self.waiting.bad

    @property
    def immature(self) -> int:
        """Not due, and not bad: also those that are reported good, which is final only then."""
        return self.waiting.unknown + self.waiting.good

    @property
    def set_aside(self) -> States:
        """Those of all groups that are taken back, never to be known, or contested."""
        every = self.due + self.waiting + self.undated
        return States(
            retracted=every.retracted,
            unobservable=every.unobservable,
            contested=every.contested,
        )

    @property
    def expected(self) -> int:
        """Due, and not known to be unobservable: what coverage is a share of."""
        return self.due.predictions - self.due.unobservable

    @property
    def coverage(self) -> float | None:
        """Judged, as a share of `expected`; None where nothing is."""
        return self.judged / self.expected if self.expected else None


def maturity(counts: Counts, as_of: datetime) -> Maturity:
    """Of all rows; (n,) rows in, one answer out."""
    due, undated = counts.due(as_of), counts.open
    groups = (due, ~due & ~undated, undated)
    told = due | undated
    ages = counts.good_ages[told].sum(axis=0) + counts.bad_ages[told].sum(axis=0)
    owed, waiting, free = (counts.total(group) for group in groups)
    return Maturity(owed, waiting, free, delay(ages, 0.5), delay(ages, 0.95))


def by_caller(counts: Counts, as_of: datetime) -> dict[str, Maturity]:
    """The same for each caller, in order of name; '' stands for those without a key."""
    names = sorted(set(counts.caller.tolist()))
    if len(names) == 1:
        return {names[0]: maturity(counts, as_of)}
    return {name: maturity(counts.where(counts.caller == name), as_of) for name in names}


def first_due(counts: Counts, as_of: datetime) -> date | None:
    """The next day on which something is due, None where nothing waits."""
    waiting = counts.due_on[~counts.due(as_of) & ~counts.open]
    found = waiting.min().item() if waiting.size else None
    assert found is None or isinstance(found, date)
    return found


def delay(ages: np.ndarray[tuple[int], np.dtype[np.int64]], share: float) -> Delay | None:
    """The quantile of (26,) counts by bins.AGES; None where there are none.

    The least bin until whose end at least that share has come.
    """
    if not (total := int(ages.sum())):
        return None
    place = int(np.searchsorted(ages.cumsum(), share * total))
    edges = (0, *bins.AGES)
    return Delay(edges[place], edges[place + 1] if place < len(bins.AGES) else None)
