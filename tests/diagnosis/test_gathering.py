"""What a diagnosis is given of the cases that fell due."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from diagnosis.case import Case
from diagnosis.causes import arrivals
from diagnosis.evidence import Event
from diagnosis.finding import Onset
from diagnosis.gathering import gather
from diagnosis.hours import DAY, Hours
from diagnosis.rows import Floats, Rows
from tests.diagnosis import made_cases as made

ONSET = 60 * DAY
SHORT, LONG = 15 * DAY, 45 * DAY


@dataclass(frozen=True)
class Log:
    """All rows of a version, answered as the log would."""

    whole: Rows

    def rows(self, first: int, end: int, _as_of: int, _most: int) -> Rows:
        return self.whole.of((self.whole.times >= first) & (self.whole.times < end))

    def due(self, first: int, end: int, _most: int) -> Rows:
        return self.whole.of((self.whole.due >= first) & (self.whole.due < end))

    def rescored(self, *_: int) -> tuple[int, int]:
        return 0, 0

    def events(self, *_: int) -> tuple[Event, ...]:
        return ()


def case(lags: tuple[int, ...], days_after: int) -> Case:
    """Nothing changes; each term is of as many loans, and repaid two days before it is over."""
    draw = np.random.default_rng(4)
    rows = made.settled(made.side(3, 0, ONSET + 50 * DAY, 12_000))
    chosen: Floats = draw.choice(lags, len(rows)).astype(np.float64)
    rows = replace(rows, due=rows.times + chosen, observed=rows.times + chosen - 48)
    hours = Hours(0, made.NAMES, np.zeros((0, 2), int), np.zeros((0, 2, 1), int))
    return gather(
        made.REFERENCE,
        Log(rows),
        hours,
        at=ONSET + days_after * DAY,
        onset=Onset(ONSET, ONSET, ONSET),
        moved=(),
    )


@pytest.mark.parametrize("days", [19, 25, 49])
def test_cases_that_are_due_soon_are_compared_with_their_like(days: int) -> None:
    given = case((SHORT, LONG), days)

    before, after = (
        float(((rows.due - rows.times) < SHORT + 1).mean())
        for rows in (given.due_before, given.due_after)
    )
    assert before == pytest.approx(after, abs=0.1)
    assert len(given.due_after) > 200
    assert arrivals.delays(given)[0].factor == pytest.approx(1, abs=0.02)
    assert not any(each.sure for each in arrivals.delays(given))


def test_where_all_are_due_after_the_same_time_all_are_compared() -> None:
    given = case((30 * DAY,), 45)

    assert len(given.due_after) == pytest.approx(12_000 * 15 / 110, rel=0.05)
    assert len(given.due_before) == pytest.approx(12_000 * 28 / 110, rel=0.06)


def test_more_cases_that_are_due_late_are_no_later_outcomes() -> None:
    given = case((SHORT,), 49)
    after = given.due_after
    late = replace(after, due=after.times + LONG, observed=after.times + LONG - 48)

    found = arrivals.delays(replace(given, due_after=late))

    # Repaid two days before either is due: after 0.87 of one term, and 0.96 of the other.
    assert found[0].factor == pytest.approx(0.96 / 0.87, abs=0.01)
