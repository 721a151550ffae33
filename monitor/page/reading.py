"""The roll-up tables, read into arrays in few queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from monitor.page.counts import Counts, Row, joined, summed
from monitor.page.filters import Filters
from monitor.page.kept import Kept
from monitor.page.window import DAY, Window, floor


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
SELECT day - %(first_day)s, {_COLUMNS}
FROM rollup_day WHERE day >= %(days_from)s AND day < %(days_until)s AND {_CHOSEN}
"""  # noqa: S608
# Another one as soon as any of these rows is written again.
_EDITION = f"""
SELECT count(*), coalesce(sum(hashtextextended(concat(xmin, ctid), 0)), 0)::text
FROM rollup_day WHERE day >= %(days_from)s AND day < %(days_until)s AND {_CHOSEN}
"""  # noqa: S608

FRESH = timedelta(days=2)
"""The last days, which are read at every round; those before are kept while nobody changes them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be counted: `shown` is the version whose cells are read, `size` of them a row."""

    window: Window
    filters: Filters
    shown: str | None
    size: int

    def summed(self, rows: Sequence[Row]) -> Counts:
        """The counts of rows."""
        return summed(rows, self.window, self.shown, self.size)

    def values(self) -> dict[str, object]:
        """For the queries."""
        return {
            "version": self.filters.version,
            "caller": self.filters.stored_caller,
            "route": self.filters.route,
            "shown": self.shown,
            "size": self.size,
            "start": self.window.start,
            "until": self.window.counted_until,
            "hours_from": self.window.start,
            "grain": 3600,
            # As days, which no time zone of the session moves.
            "first_day": self.window.start.date(),
            "days_from": self.window.start.date(),
        }


def counts(connection: Reader, asked: Asked, kept: Kept) -> Counts:
    """The counts of a window."""
    window, values = asked.window, asked.values()
    if window.grain == "hour":
        return asked.summed(connection.rows(_HOURS, values))
    if window.past:
        midnight = floor(window.end, "day")
        found = connection.rows(_DAYS, values | {"days_until": midnight.date()})
        found += connection.rows(_HOURS, values | {"hours_from": midnight, "grain": 86_400})
        return asked.summed(found)
    # Of the last round everything is counted, also of the day that is not over.
    until = (floor(window.end - datetime.resolution, "day") + DAY).date()
    before = values | {"days_until": until - FRESH}
    edition = tuple(connection.rows(_EDITION, before)[0])
    key = ("days", edition, until, asked.filters, window.start, asked.shown, asked.size)
    old = kept.get(key, lambda: asked.summed(connection.rows(_DAYS, before)))
    fresh = values | {"days_from": until - FRESH, "days_until": until}
    return joined(old, asked.summed(connection.rows(_DAYS, fresh)))
