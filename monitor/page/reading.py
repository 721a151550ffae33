"""The roll-up tables, read into arrays in few queries."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.database import Reader
from monitor.page.counts import Counts, Row, joined, summed
from monitor.page.filters import Filters
from monitor.page.kept import Kept
from monitor.page.window import DAY, Window, floor


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


_COLUMNS = """model_version, caller, predictions, positives, probability_sum::float8,
    past_the_spool, lags::text,
    CASE WHEN model_version = %(shown)s AND cardinality(cells) = %(size)s THEN cells::text END"""
_CHOSEN = """(%(version)s::text IS NULL OR model_version = %(version)s)
    AND (%(caller)s::text IS NULL OR caller = %(caller)s)
    AND (%(route)s::text IS NULL OR route = %(route)s)"""
_HOURS = f"""rollup_hour WHERE hour >= %(since)s AND hour < %(until)s AND {_CHOSEN}"""
_DAYS = f"""rollup_day WHERE day >= %(since)s AND day < %(until)s AND {_CHOSEN}"""
_OF_HOURS = "floor(extract(epoch FROM hour - %(start)s) / %(grain)s)::int"
_OF_DAYS = "day - %(first_day)s"
# Another one as soon as any of the rows is written again.
_EDITION = "SELECT count(*), coalesce(sum(hashtextextended(concat(xmin, ctid), 0)), 0)::text FROM "

FRESH = timedelta(days=2)
"""The last days, which are read at every round; those before are kept while nobody changes them."""

Span = tuple[date, date, date]


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

    @property
    def key(self) -> Hashable:
        """What rows of one span are told apart by."""
        window = self.window
        return self.filters, window.start, window.grains, window.grain, self.shown, self.size

    def values(self) -> dict[str, object]:
        """For the queries."""
        return {
            "version": self.filters.version,
            "caller": self.filters.stored_caller,
            "route": self.filters.route,
            "shown": self.shown,
            "size": self.size,
            "start": self.window.start,
            "grain": 3600,
            # As a day, which no time zone of the session moves.
            "first_day": self.window.start.date(),
        }


def counts(connection: Reader, asked: Asked, kept: Kept) -> Counts:
    """The counts of a window."""
    window, values = asked.window, asked.values()
    midnight = floor(window.end, "day")
    if window.grain == "hour":
        span: Span = (window.start, midnight - FRESH + DAY, window.counted_until)
        return _in_two(connection, asked, kept, (_OF_HOURS, _HOURS), span)
    if window.past:
        # A day that was not over then is the sum of its hours.
        days = {"since": window.start.date(), "until": midnight.date()}
        hours = {"since": midnight, "until": window.counted_until, "grain": 86_400}
        found = connection.rows(_select(_OF_DAYS, _DAYS), values | days)
        return asked.summed([*found, *connection.rows(_select(_OF_HOURS, _HOURS), values | hours)])
    # Of the last round everything is counted, also of the day that is not over.
    end = floor(window.end - datetime.resolution, "day") + DAY
    span = window.start.date(), (end - FRESH).date(), end.date()
    return _in_two(connection, asked, kept, (_OF_DAYS, _DAYS), span)


def _in_two(
    connection: Reader,
    asked: Asked,
    kept: Kept,
    statement: tuple[str, str],
    span: Span,
) -> Counts:
    """From the first moment to the third; what is before the second is kept while it stays."""
    first, middle, last = span
    middle = max(first, middle)
    values, select = asked.values(), _select(*statement)
    before = values | {"since": first, "until": middle}
    edition = tuple(connection.rows(_EDITION + statement[1], before)[0])
    old = kept.get(
        (first, middle, edition, asked.key), lambda: asked.summed(connection.rows(select, before))
    )
    return joined(
        old, asked.summed(connection.rows(select, values | {"since": middle, "until": last}))
    )


def _select(place: str, rows: str) -> str:
    return f"SELECT {place}, {_COLUMNS} FROM {rows}"  # noqa: S608
