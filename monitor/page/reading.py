"""The roll-up tables, read into arrays in few queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from db.rollup import bins
from monitor.page.filters import Filters
from monitor.page.window import DAY, Ints, Window, floor

Floats = NDArray[np.float64]


class Reader(Protocol):
    """What a connection in a snapshot can do (monitor.database)."""

    def rows(self, statement: str, values: Any = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """What a version, caller and route predicted in all, and in the window."""

    version: str
    caller: str
    route: str
    first: date
    last: date
    predictions: int
    shown: int


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What one version scored, by grain of the window.

    `cells` is (grains, size of the layout), of the `counted` predictions: those before the version
    had a profile are in no cell.
    """

    predictions: Ints
    positives: Ints
    probability_sum: Floats
    counted: Ints
    cells: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """The predictions of the window by caller and by version, (n, grains); and one version's."""

    callers: tuple[str, ...]
    by_caller: Ints
    versions: tuple[str, ...]
    by_version: Ints
    lags: Ints
    past_the_spool: int
    seen: Seen


_CHOICES = """
SELECT model_version, caller, route, min(day), max(day), sum(predictions)::bigint,
       coalesce(sum(predictions) FILTER (WHERE day BETWEEN %s AND %s), 0)::bigint
FROM rollup_day WHERE day <= %s
GROUP BY model_version, caller, route
ORDER BY model_version, caller, route
"""


def choices(connection: Reader, window: Window) -> list[Choice]:
    """What there is to choose from, up to the end of the window."""
    start, end = window.start.date(), window.end.date()
    return [Choice(*row) for row in connection.rows(_CHOICES, (start, end, end))]


# A day that was not over at an earlier moment is the sum of its hours until then.
_COLUMNS = """model_version, caller, predictions, positives, probability_sum::float8,
    past_the_spool, lags::text,
    CASE WHEN model_version = %(shown)s AND cardinality(cells) = %(size)s THEN cells::text END"""
_CHOSEN = """(%(version)s::text IS NULL OR model_version = %(version)s)
    AND (%(caller)s::text IS NULL OR caller = %(caller)s)
    AND (%(route)s::text IS NULL OR route = %(route)s)"""
_HOURS = f"""
SELECT floor(extract(epoch FROM hour - %(start)s) / %(grain)s)::int, {_COLUMNS}
FROM rollup_hour WHERE hour >= %(hours_from)s AND hour < %(until)s AND {_CHOSEN}
"""  # noqa: S608
_DAYS = f"""
SELECT day - %(start)s::date, {_COLUMNS}
FROM rollup_day WHERE day >= %(start)s::date AND day < %(days_until)s::date AND {_CHOSEN}
"""  # noqa: S608


def counts(
    connection: Reader, window: Window, filters: Filters, shown: str | None, size: int
) -> Counts:
    """The counts of a window; `shown` is the version whose cells are read, `size` of them a row."""
    values: dict[str, object] = {
        "version": filters.version,
        "caller": filters.stored_caller,
        "route": filters.route,
        "shown": shown,
        "size": size,
        "start": window.start,
        "until": window.counted_until,
        "hours_from": window.start,
        "grain": 3600,
    }
    if window.grain == "hour":
        return _summed(connection.rows(_HOURS, values), window, shown, size)
    midnight = floor(window.end, "day")
    if not window.past:
        # Of the last round everything is counted, also of the day that is not over.
        until = floor(window.end - datetime.resolution, "day") + DAY
        found = connection.rows(_DAYS, values | {"days_until": until})
    else:
        found = connection.rows(_DAYS, values | {"days_until": midnight})
        found += connection.rows(_HOURS, values | {"hours_from": midnight, "grain": 86_400})
    return _summed(found, window, shown, size)


def _summed(rows: list[tuple[Any, ...]], window: Window, shown: str | None, size: int) -> Counts:
    places = np.array([row[0] for row in rows], dtype=np.int64)
    own = [row for row in rows if row[1] == shown]
    versions, by_version = _split([row[1] for row in rows], places, rows, window)
    callers, by_caller = _split([row[2] for row in rows], places, rows, window)
    lags = np.zeros((window.grains, len(bins.LAGS) + 1), dtype=np.int64)
    np.add.at(lags, places, _arrays([row[7] for row in rows], lags.shape[1]))
    past = sum(row[6] for row in rows)
    return Counts(callers, by_caller, versions, by_version, lags, past, _seen(own, window, size))


def _split(
    names: list[str], places: Ints, rows: list[tuple[Any, ...]], window: Window
) -> tuple[tuple[str, ...], Ints]:
    """Predictions by name: (names, grains)."""
    known = tuple(sorted(set(names)))
    number = {name: at for at, name in enumerate(known)}
    sums = np.zeros((len(known), window.grains), dtype=np.int64)
    of = np.array([number[name] for name in names], dtype=np.int64)
    np.add.at(sums, (of, places), [row[3] for row in rows])
    return known, sums


def _seen(rows: list[tuple[Any, ...]], window: Window, size: int) -> Seen:
    of = [np.zeros(window.grains, dtype=np.int64) for _ in range(3)]
    probability_sum = np.zeros(window.grains)
    for place, *_, predictions, positives, total, _past, _lags, cells in rows:
        of[0][place] += predictions
        of[1][place] += positives
        of[2][place] += predictions if cells else 0
        probability_sum[place] += total
    counted = [row for row in rows if row[8]]
    cells = np.zeros((window.grains, size), dtype=np.int64)
    np.add.at(cells, [row[0] for row in counted], _arrays([row[8] for row in counted], size))
    return Seen(of[0], of[1], probability_sum, of[2], cells)


def _arrays(texts: Sequence[str], size: int) -> Ints:
    """Arrays of Postgres as it writes them, (n,) -> (n, size); far faster than as lists."""
    joined = ",".join(text[1:-1] for text in texts)
    found: Ints = np.fromstring(joined, dtype=np.int64, sep=",").reshape(len(texts), size)
    return found
