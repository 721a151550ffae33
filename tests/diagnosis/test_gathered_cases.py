"""What a diagnosis is given."""

from dataclasses import replace

import numpy as np

from diagnosis.finding import Onset
from diagnosis.gathering import MOST_ROWS, gather
from diagnosis.hours import Hours
from tests.diagnosis import streams_of_counts as made
from tests.diagnosis.streams_of_counts import DAY, START, Told

REFERENCE = made.reference()


def test_cases_that_fell_due_are_more_than_rows_since_events_are_few_among_them() -> None:
    """In a group of one in twelve, where one in ten is an event, 20,000 cases tell odds to 8 %."""
    draw, n, days = np.random.default_rng(4), 60_000, 40
    times = START + np.sort(draw.random(n)) * days * DAY
    rows = made.rows_of(made.people(draw, n), times)
    outcomes = (draw.random(n) < rows.scores).astype(np.float64)
    known = replace(rows, outcomes=outcomes, observed=times + 50.0, due=times + 60.0)
    turn, at = START + 20 * DAY, START + days * DAY
    none = Hours(START, made.CALLERS, np.zeros((0, 2), np.int64), np.zeros((0, 2, 0), np.int64))

    case = gather(REFERENCE, Told(all=known), none, at=at, onset=Onset(turn, turn, turn), moved=())

    since = (times >= turn) & (known.due < at)
    assert len(case.due_after) == since.sum() > MOST_ROWS
    assert len(case.due_before) == (times < turn).sum()
    assert case.due_after.labelled.all()
    assert case.due_before.labelled.all()
    assert len(case.after) == len(case.before) == MOST_ROWS
