"""The counts of a version's hours, out of the roll-ups."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.cell_layout import Layout
from diagnosis.hours import DAY, Hours
from monitor.arrays import flat
from monitor.incidents.hours import hour_at, time_of

OUTAGE = 14 * DAY
"""Hours without any rows, after which a version is no longer said to serve."""

# 32 megabytes of them.
_MOST_CELLS = 4_000_000
_CALLERS = """
    SELECT count(DISTINCT caller) FROM rollup_hour
    WHERE hour >= %s AND hour < %s AND model_version = %s"""
_COUNTS = """
    SELECT hour, caller, predictions, CASE WHEN cardinality(cells) = %s THEN cells::text END
    FROM rollup_hour WHERE hour >= %s AND hour < %s AND model_version = %s"""
_ROWS = """
    SELECT hour, coalesce(sum(predictions) FILTER (WHERE model_version = %s), 0)::bigint,
           sum(predictions)::bigint
    FROM rollup_hour WHERE hour >= %s AND hour < %s GROUP BY hour"""
# Whose rows were the most in the last hour that had any.
_HEIR = """
    SELECT hour, model_version FROM rollup_hour
    WHERE hour = (SELECT max(hour) FROM rollup_hour WHERE hour < %s)
    GROUP BY hour, model_version ORDER BY sum(predictions) DESC, model_version LIMIT 1"""


def fitting(cursor: Any, version: str, first: int, end: int, layout: Layout) -> int:
    """The hour, not after `end`, until which the counts are of bounded size; one hour at least."""
    cursor.execute(_CALLERS, (time_of(first), time_of(end), version))
    callers: int = cursor.fetchone()[0]
    return min(end, first + max(1, _MOST_CELLS // max(1, callers * layout.size)))


def read(cursor: Any, version: str, first: int, end: int, layout: Layout) -> Hours:
    """The hours from `first` until before `end`; rows of retired months are counted as well."""
    cursor.execute(_COUNTS, (layout.size, time_of(first), time_of(end), version))
    found = cursor.fetchall()
    names = tuple(sorted({caller for _, caller, _, _ in found}))
    places = {name: place for place, name in enumerate(names)}
    rows = np.zeros((end - first, len(names)), dtype=np.int64)
    cells = np.zeros((end - first, len(names), layout.size), dtype=np.int64)
    for hour, caller, predictions, _ in found:
        rows[hour_at(hour) - first, places[caller]] += predictions
    known = [row for row in found if row[3] is not None]
    numbers = flat([row[3] for row in known], np.int64).reshape(len(known), layout.size)
    for (hour, caller, *_), counts in zip(known, numbers, strict=True):
        cells[hour_at(hour) - first, places[caller]] += counts
    return Hours(first, names, rows, cells, _served(cursor, version, first, end))


def heir(cursor: Any, hour: int) -> tuple[int, str] | None:
    """The last hour with rows before one, and the version that had the most of them."""
    cursor.execute(_HEIR, (time_of(hour),))
    found = cursor.fetchone()
    return (hour_at(found[0]), found[1]) if found else None


def _served(cursor: Any, version: str, first: int, end: int) -> NDArray[np.bool_]:
    """Whether the version alone answered in each hour, or nobody asked and it would have."""
    cursor.execute(_ROWS, (version, time_of(first), time_of(end)))
    rows = {hour_at(hour): (own, every) for hour, own, every in cursor}
    served = np.zeros(end - first, dtype=np.bool_)
    last = heir(cursor, first)
    for place, hour in enumerate(range(first, end)):
        if hour in rows:
            own, every = rows[hour]
            served[place] = own == every
            last = None
        else:
            last = last or heir(cursor, hour)
            served[place] = last is not None and last[1] == version and hour - last[0] <= OUTAGE
    return served
