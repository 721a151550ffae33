"""The rows of some hours of business time, of one day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from psycopg2 import sql

HOUR = timedelta(hours=1)
ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)

HOUR_OF = "date_bin('1 hour', coalesce(event_time, predicted_at), '2000-01-01 00:00Z')"
"""In SQL: the hour of business time of a row of the log, as its mark has it."""


@dataclass(frozen=True, slots=True)
class Span:
    """Hours of a day (UTC), in order; `within` bounds predicted_at as well, as a month does."""

    day: date
    hours: tuple[datetime, ...]
    within: tuple[datetime, datetime] | None = None

    @classmethod
    def of(
        cls, hours: Sequence[datetime], within: tuple[datetime, datetime] | None = None
    ) -> list["Span"]:
        """The hours by day, the latest day first: that is what people look at."""
        by_day: dict[date, set[datetime]] = {}
        for hour in hours:
            found = hour.astimezone(UTC)
            by_day.setdefault(found.date(), set()).add(found)
        return [
            cls(day, tuple(sorted(found)), within)
            for day, found in sorted(by_day.items(), reverse=True)
        ]

    def rows_of(self, relation: sql.Composable) -> sql.Composable:
        """The rows of the log, or of what has its columns, for a FROM; none is there twice."""
        key, event = sql.Identifier("predicted_at"), sql.Identifier("event_time")
        bound: sql.Composable = sql.SQL("")
        if self.within is not None:
            first, end = map(sql.Literal, self.within)
            bound = sql.SQL(" AND predicted_at >= {} AND predicted_at < {}").format(first, end)
        return sql.SQL(
            "(SELECT * FROM {relation} AS log WHERE event_time IS NULL AND ({by_key}){bound}"
            # One range, which an index finds, and of it the hours.
            " UNION ALL SELECT * FROM {relation} AS log"
            " WHERE event_time >= {first} AND event_time < {end} AND ({by_event}){bound})"
        ).format(
            relation=relation,
            by_key=self._ranges(key),
            by_event=self._ranges(event),
            first=sql.Literal(self.hours[0]),
            end=sql.Literal(self.hours[-1] + HOUR),
            bound=bound,
        )

    def _ranges(self, column: sql.Composable) -> sql.Composable:
        return sql.SQL(" OR ").join(
            sql.SQL("({c} >= {a} AND {c} < {b})").format(
                c=column, a=sql.Literal(first), b=sql.Literal(last + HOUR)
            )
            for first, last in self._runs()
        )

    def _runs(self) -> Iterator[tuple[datetime, datetime]]:
        """First and last of the hours that follow one another."""
        first = last = self.hours[0]
        for hour in self.hours[1:]:
            if hour - last > HOUR:
                yield first, last
                first = hour
            last = hour
        yield first, last


def hour_number(column: sql.Composable) -> sql.Composable:
    """In SQL: the hours from 2000 to a time, as a double."""
    return sql.SQL("floor(extract(epoch FROM {} - {})::float8 / 3600)").format(
        column, sql.Literal(ORIGIN)
    )


def hour_of(number: float) -> datetime:
    """The hour that `hour_number` numbers so."""
    return ORIGIN + HOUR * int(number)
