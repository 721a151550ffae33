"""Asks for what a diagnosis needs: rows before and since the onset, and cases that fell due."""

import math

import numpy as np

from diagnosis.case import Case
from diagnosis.evidence import Evidence
from diagnosis.finding import Moved, Onset
from diagnosis.hours import DAY, Hours
from diagnosis.reference import Reference
from diagnosis.rows import Rows

_BEFORE = 28 * DAY
_EVENTS_BEFORE = 7 * DAY
MOST_ROWS = 20_000
MOST_RESCORED = 2_000


def gather(
    reference: Reference,
    evidence: Evidence,
    hours: Hours,
    *,
    at: int,
    onset: Onset,
    moved: tuple[Moved, ...],
    most: int = MOST_ROWS,
) -> Case:
    """The case of an incident as of hour `at`; samples have about `most` rows each.

    hours: counts of any span; what lies in it up to 28 days before the onset and until `at` is the
    volume. An onset after `at` is taken as of `at`.
    """
    turn = min(onset.hour, at)
    due_before, due_after = _due(evidence, turn, at, most)
    return Case(
        reference=reference,
        at=at,
        onset=onset,
        moved=moved,
        before=evidence.rows(turn - _BEFORE, turn, at, most),
        after=evidence.rows(turn, at, at, most),
        due_before=due_before,
        due_after=due_after,
        volume_before=_span(hours, turn - _BEFORE, turn),
        volume_after=_span(hours, turn, at),
        rescored=evidence.rescored(turn, at, MOST_RESCORED),
        events=evidence.events(onset.low - _EVENTS_BEFORE, at),
    )


def _due(evidence: Evidence, turn: int, at: int, most: int) -> tuple[Rows, Rows]:
    """Cases due by `at`: of up to 28 days before the onset fell due, and since the onset."""
    whole = evidence.due(turn - _BEFORE, at, most)
    since = whole.times >= turn
    if not since.any():
        return whole, whole.of(since)
    # Cases of the onset fall due some weeks after it; each side is asked for alone from then on,
    # so that a short side is not a small part of one sample.
    lag = float(np.min(whole.due[since] - whole.times[since]))
    first_due = turn + math.floor(lag)
    before = evidence.due(first_due - _BEFORE, min(first_due + DAY, at), most)
    after = evidence.due(first_due, at, most)
    return before.of(before.times < turn), after.of(after.times >= turn)


def _span(hours: Hours, first: int, end: int) -> Hours:
    """The hours of a span that are there."""
    low = min(max(first - hours.first, 0), len(hours.rows))
    high = min(max(end - hours.first, low), len(hours.rows))
    return Hours(hours.first + low, hours.names, hours.rows[low:high], hours.cells[low:high])
