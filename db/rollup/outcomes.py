"""What the reports say of the predictions of some hours, counted."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from psycopg2 import sql

from db.rollup import bins
from db.rollup.grouped import Counts, Members, by_bin, grid, total, units
from db.rollup.predictions import Callers, Key, joined
from db.rollup.span import Span, hour_number, hour_of
from db.rollup.stream import Rows, stream

STATES = ("unreported", "interim", "good", "bad", "retracted", "unobservable", "contested")
"""What the reports say of a prediction, whether it is due or not; columns of outcome_hour."""

SUMS = ("probability_sum", "good_sum", "good_squares", "bad_sum", "bad_squares")
"""Of the probabilities of all, of the good, their squares, of the bad, their squares."""

_GOOD, _BAD = STATES.index("good"), STATES.index("bad")

# Whether it is due is left to whoever reads: as of the end of time all is.
_STATE = """CASE
    WHEN state = 'contested' THEN 6
    WHEN reported_state IS NULL THEN 0
    WHEN reported_state = 'interim' THEN 1
    WHEN reported_state = 'retracted' THEN 4
    WHEN reported_state = 'unobservable' THEN 5
    ELSE 2 + reported_outcome END::float8"""

_NEVER = date.max
_FIRST_DAY = date(2000, 1, 1)
_LAST_DAY = (_NEVER - _FIRST_DAY).days - 1
_COLUMNS = 6


class OutcomeGroup(NamedTuple):
    """What is counted together; `due_on` is date.max where no due time is declared."""

    hour: datetime
    model_version: str
    caller: str
    route: str
    due_on: date


@dataclass(slots=True)
class OutcomeCounted:
    """The counts of a group; the columns of outcome_hour. Sums are in units of 1e-12."""

    states: Counts
    """(7,), in the order of STATES."""
    sums: tuple[int, int, int, int, int]
    """Those of SUMS."""
    good_scores: Counts
    bad_scores: Counts
    good_ages: Counts
    bad_ages: Counts

    @property
    def predictions(self) -> int:
        """All of them."""
        return int(self.states.sum())

    def add(self, other: "OutcomeCounted") -> "OutcomeCounted":
        """Both together."""
        first, second, third, fourth, fifth = (
            mine + theirs for mine, theirs in zip(self.sums, other.sums, strict=True)
        )
        return OutcomeCounted(
            self.states + other.states,
            (first, second, third, fourth, fifth),
            self.good_scores + other.good_scores,
            self.bad_scores + other.bad_scores,
            self.good_ages + other.good_ages,
            self.bad_ages + other.bad_ages,
        )


def count_outcomes(
    cursor: Any, span: Span, version: str, callers: Callers, known: datetime
) -> dict[Key, OutcomeCounted]:
    """The counts of a version's predictions in the span, by what was received by `known`."""
    tally = _Tally(version, callers)
    stream(cursor, _query(span, tally, known), _COLUMNS, tally.take)
    return tally.counted


def _query(span: Span, tally: "_Tally", known: datetime) -> sql.Composable:
    seen = sql.SQL("monitoring.outcomes_seen('infinity', {}, 'infinity')").format(
        sql.Literal(known)
    )
    return sql.SQL(
        "SELECT {hour}, called.place,"
        " coalesce((outcome_due AT TIME ZONE 'UTC')::date - {first}, 'Infinity'::float8),"
        " probability, {state},"
        " coalesce(extract(epoch FROM observed_at - business_time)::float8 / 86400, 0)"
        " FROM {seen} AS log {called}"
        " WHERE log.model_version = {version}"
    ).format(
        hour=hour_number(sql.Identifier("business_time")),
        first=sql.Literal(_FIRST_DAY),
        state=sql.SQL(_STATE),
        seen=span.rows_of(seen),
        called=joined(tally.callers, sql.Identifier("log", "caller")),
        version=sql.Literal(tally.version),
    )


class Unreported:
    """Counts the predictions of which nothing is reported, out of what `predictions.count` reads.

    To look for the reports of each costs more than all the rest, and most often there is none.
    """

    def __init__(self, version: str, callers: Callers) -> None:
        self._tally = _Tally(version, callers)
        self.reported: set[datetime] = set()
        """Hours with reports: they are to be counted by these."""

    def take(self, rows: Rows) -> None:
        """A block of rows, (n, 8 or more)."""
        hours, reported = rows[:, 0], rows[:, 7] != 0
        self.reported |= {hour_of(hour) for hour in np.unique(hours[reported]).tolist()}
        nothing = np.zeros(len(rows))
        self._tally.take(
            np.column_stack([hours, rows[:, 1], rows[:, 6], rows[:, 2], nothing, nothing])
        )

    @property
    def counted(self) -> dict[Key, OutcomeCounted]:
        """The counts of the other hours."""
        return {
            group: counted
            for group, counted in self._tally.counted.items()
            if group[0] not in self.reported
        }


class _Tally:
    """Adds blocks of rows up."""

    def __init__(self, version: str, callers: Callers) -> None:
        self.version = version
        self.callers = callers
        self.counted: dict[Key, OutcomeCounted] = {}

    def take(self, rows: Rows) -> None:
        """A block of what `_query` selects, (n, 6)."""
        # Unique rows of hour, caller and day: `axis` would sort them byte by byte, and slowly.
        order = np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))
        rows = rows[order]
        keys = rows[:, :3]
        starts = np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]).any(axis=1)])
        member = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(rows)]))
        counts = _counts(rows, member, len(starts))
        for at, (hour, called, due) in enumerate(keys[starts].tolist()):
            caller = self.callers[int(called)]
            group = OutcomeGroup(hour_of(hour), self.version, *caller, _day(due))
            known = self.counted.get(group)
            self.counted[group] = known.add(counts[at]) if known else counts[at]


def _counts(rows: Rows, member: Members, groups: int) -> list[OutcomeCounted]:
    probability, state = rows[:, 3], rows[:, 4].astype(np.int64)
    states = grid(member, groups, state, len(STATES))
    value, square = units(probability), units(probability * probability)
    good, bad = state == _GOOD, state == _BAD
    sums = [
        total(member, groups, value),
        *(
            total(member[which], groups, number[which])
            for which in (good, bad)
            for number in (value, square)
        ),
    ]
    arrays = [
        by_bin(member[which], groups, rows[which, column], edges)
        for column, edges in ((3, bins.SCORES), (5, bins.AGES))
        for which in (good, bad)
    ]
    return [
        OutcomeCounted(
            states[at],
            (
                *(int(sums[0][at]), int(sums[1][at]), int(sums[2][at])),
                *(int(sums[3][at]), int(sums[4][at])),
            ),
            *(array[at] for array in arrays),
        )
        for at in range(groups)
    ]


def _day(number: float) -> date:
    return _NEVER if number > _LAST_DAY else _FIRST_DAY + timedelta(days=int(number))
