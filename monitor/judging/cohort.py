"""Cohorts: the predictions of an hour, a day, a week or a month of business time (UTC)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np

from monitor.judging.counts import Counts, Times, utc

Step = Literal["hour", "day", "week", "month"]
LENGTH: dict[Step, timedelta] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=31),
}
"""How long a cohort is; a month, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """The predictions from `start` until before `end`."""

    start: datetime
    end: datetime
    counts: Counts

    def is_over(self, as_of: datetime) -> bool:
        """Whether all its predictions are made."""
        return self.end <= as_of

    def is_due(self, as_of: datetime) -> bool:
        """Whether it can be judged: it is over, and each of its outcomes due, or due at no time."""
        return self.is_over(as_of) and bool((self.counts.due(as_of) | self.counts.open).all())

    def due_from(self, as_of: datetime) -> datetime | None:
        """From when on it can be judged; None: no time is declared.

        Of one that is not over: if what is to come takes as long as what has come at most.
        """
        dated = ~self.counts.open
        if not dated.any():
            return None
        day = np.timedelta64(1, "D")
        due = self.counts.due_last[dated]
        last = due.max()
        if not self.is_over(as_of):
            longest = (due - self.counts.start[dated].astype("datetime64[D]")).max()
            last = max(last, utc(self.end).astype("datetime64[D]") - day + longest)
        return max(_moment(last + day), self.end)


def starts(times: Times, step: Step) -> Times:
    """(n,) -> (n,), datetime64[h]: when the cohort of each time begins; weeks do on Monday."""
    if step == "hour":
        return times.astype("datetime64[h]")
    days = times.astype("datetime64[D]")
    if step == "week":
        # Day 0, 1 January 1970, was a Thursday.
        days = days - (days.astype(np.int64) + 3) % 7
    if step == "month":
        days = times.astype("datetime64[M]").astype("datetime64[D]")
    return days.astype("datetime64[h]")


def bounds(moment: datetime, step: Step) -> tuple[datetime, datetime]:
    """The cohort of a moment, from its start until before its end."""
    start = _moment(starts(np.array([utc(moment)]), step)[0])
    return start, _end(start, step)


def cohorts(counts: Counts, step: Step) -> tuple[Cohort, ...]:
    """Those with predictions, in order of time."""
    rows = counts
    if (counts.start[1:] < counts.start[:-1]).any():
        rows = counts.where(np.argsort(counts.start, kind="stable"))
    first, edges = np.unique(starts(rows.start, step), return_index=True)
    ends = [*edges.tolist(), len(rows)][1:]
    return tuple(
        Cohort(_moment(start), _end(_moment(start), step), rows.where(slice(low, high)))
        for start, low, high in zip(first, edges.tolist(), ends, strict=True)
    )


def _end(start: datetime, step: Step) -> datetime:
    if step == "month":
        return (start + timedelta(days=31)).replace(day=1)
    return start + LENGTH[step]


def _moment(time: np.datetime64) -> datetime:
    found = time.astype("datetime64[us]").item()
    assert isinstance(found, datetime)
    return found.replace(tzinfo=UTC)
