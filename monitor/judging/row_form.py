"""Rows of the two queries as the arrays that everything else goes by."""

from typing import Any

import numpy as np

from db.rollup.outcomes import STATES, SUMS
from monitor.arrays import flat
from monitor.judging.counts import AGE_BINS, SCORE_BINS, Counts

_KINDS: tuple[Any, ...] = (np.int64, np.float64, np.int64, np.int64, np.int64, np.int64)
_GOOD, _BAD = STATES.index("good"), STATES.index("bad")

Row = tuple[Any, ...]


def counted_rows(hours: int, rows: list[Row]) -> Counts:
    """Of sql/counted.sql: four keys, then six arrays as text, `{1,2,3}`."""
    arrays = (
        flat([row[place] for row in rows], kind) for place, kind in enumerate(_KINDS, start=4)
    )
    return Counts.of(hours, (row[:4] for row in rows), *arrays)


def recounted_rows(hours: int, rows: list[Row]) -> Counts:
    """Of sql/recounted.sql: four keys, state, score bin, age bin, count, sum, sum of squares."""
    places: dict[Any, int] = {}
    at = np.array([places.setdefault(row[:4], len(places)) for row in rows], dtype=np.int64)
    state = np.array([STATES.index(row[4]) for row in rows], dtype=np.int64)
    score, age, cases = (np.array([row[n] for row in rows], dtype=np.int64) for n in (5, 6, 7))
    plain, squares = (np.array([row[n] for row in rows], dtype=np.float64) for n in (8, 9))
    n = len(places)
    states, sums = np.zeros((n, len(STATES)), dtype=np.int64), np.zeros((n, len(SUMS)))
    np.add.at(states, (at, state), cases)
    np.add.at(sums[:, 0], at, plain)
    grids = [np.zeros((n, size), dtype=np.int64) for size in (SCORE_BINS, AGE_BINS) for _ in "gb"]
    for column, label in enumerate((_GOOD, _BAD)):
        of = state == label
        np.add.at(sums[:, 1 + 2 * column], at[of], plain[of])
        np.add.at(sums[:, 2 + 2 * column], at[of], squares[of])
        np.add.at(grids[column], (at[of], score[of]), cases[of])
        np.add.at(grids[2 + column], (at[of], age[of]), cases[of])
    return Counts.of(hours, places, states, sums, *grids)
