"""Asks for what a diagnosis needs: rows before and since the onset, and cases that fell due."""

import math

import numpy as np

from diagnosis.case import Case
from diagnosis.evidence import Evidence
from diagnosis.finding import Moved, Onset
from diagnosis.hours import DAY, WEEK, Hours
from diagnosis.reference import Reference
from diagnosis.rows import Floats, Rows

_BEFORE = 28 * DAY
_EVENTS_BEFORE = 7 * DAY
# Times until cases are due that are tried as the longest.
_LAGS = 20
MOST_ROWS = 20_000
MOST_DUE = 100_000
"""Cases that fell due: events are few among them, and a group's odds need some hundreds."""
MOST_RESCORED = 2_000


def gather(
    reference: Reference,
    evidence: Evidence,
    hours: Hours,
    *,
    at: int,
    onset: Onset,
    moved: tuple[Moved, ...],
    recurs: bool = False,
    most: int = MOST_ROWS,
    most_due: int = MOST_DUE,
) -> Case:
    """The case of an incident as of hour `at`; samples have about `most` rows or `most_due` cases.

    hours: counts of any span; what lies in it up to 28 days before the onset and until `at` is the
    volume. An onset after `at` is taken as of `at`. What recurs is compared with the week of the
    first time, which those before it know nothing of.
    """
    turn = min(onset.hour, at)
    due_before, due_after = _due(evidence, turn, at, most_due)
    return Case(
        reference=reference,
        at=at,
        onset=onset,
        moved=moved,
        before=evidence.rows(turn - (WEEK if recurs else _BEFORE), turn, at, most),
        after=evidence.rows(turn, at, at, most),
        due_before=due_before,
        due_after=due_after,
        volume_before=_span(hours, turn - _BEFORE, turn),
        volume_after=_span(hours, turn, at),
        rescored=evidence.rescored(turn, at, MOST_RESCORED),
        events=evidence.events(onset.low - _EVENTS_BEFORE, at),
        recurs=recurs,
    )


def _due(evidence: Evidence, turn: int, at: int, most: int) -> tuple[Rows, Rows]:
    """Cases due by `at`: of up to 28 days before the onset fell due, and since the onset."""
    whole = evidence.due(turn - _BEFORE, at, most)
    since = whole.times >= turn
    if not since.any():
        return whole, whole.of(since)
    # Cases of the onset fall due some weeks after it; each side is asked for alone from then on,
    # so that a short side is not a small part of one sample.
    first_due = turn + math.floor(float(np.min(_lags(whole.of(since)))))
    before = evidence.due(first_due - _BEFORE, min(first_due + DAY, at), most)
    after = evidence.due(first_due, at, most)
    return _alike(before.of(before.times < turn), after.of(after.times >= turn), at)


def _alike(before: Rows, after: Rows, at: int) -> tuple[Rows, Rows]:
    """Cases of both sides with the same time until they are due.

    Of those since the onset only the ones that are due soon are due by `at`, while of the others
    all are. The longest time is taken of which most cases since the onset can be compared.
    """
    lags, ages = _lags(after), at - after.times
    finite = np.isfinite(lags)
    if not finite.all() or not len(after):
        return before, after
    longest = np.unique(np.quantile(lags, np.arange(_LAGS + 1) / _LAGS, method="higher"))
    kept = [(lags <= each) & (ages >= each) for each in longest]
    at_best = int(np.argmax([mask.sum() for mask in kept]))
    return before.of(_lags(before) <= longest[at_best]), after.of(kept[at_best])


def _lags(rows: Rows) -> Floats:
    """(n,): hours from a case until its outcome is due."""
    found: Floats = rows.due - rows.times
    return found


def _span(hours: Hours, first: int, end: int) -> Hours:
    """The hours of a span that are there."""
    low = min(max(first - hours.first, 0), len(hours.rows))
    high = min(max(end - hours.first, low), len(hours.rows))
    rows, cells = hours.rows[low:high], hours.cells[low:high]
    served = None if hours.served is None else hours.served[low:high]
    return Hours(hours.first + low, hours.names, rows, cells, served)
