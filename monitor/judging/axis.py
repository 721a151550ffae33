"""The axis of time under the charts of a section. UTC."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.page.words import day

_MOST = 7
_HOUR = timedelta(hours=1)
Next = Callable[[datetime], datetime]


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """From `start` until `end`, in hours."""

    start: datetime
    end: datetime

    def x(self, moment: datetime) -> float:
        """Where a moment is drawn."""
        return (moment - self.start) / _HOUR

    @property
    def span(self) -> tuple[float, float]:
        """Both ends, as a plot takes them."""
        return 0.0, self.x(self.end)

    def ticks(self) -> list[tuple[float, str, str]]:
        """At most seven: hours, days, Mondays, months or years; every second goes when narrow."""
        for first, following, label in _UNITS:
            found: list[tuple[float, str, str]] = []
            moment = first(self.start)
            while moment < self.end and len(found) <= _MOST:
                if moment >= self.start:
                    found.append((self.x(moment), label(moment), "wide2" if len(found) % 2 else ""))
                moment = following(moment)
            if len(found) <= _MOST:
                return found
        return []


def _units() -> Iterator[tuple[Next, Next, Callable[[datetime], str]]]:
    for hours in (1, 3, 6, 12):
        yield _midnight, _later(timedelta(hours=hours)), _hour
    for days in (1, 2):
        yield _midnight, _later(timedelta(days=days)), day
    for weeks in (1, 2):
        yield _monday, _later(timedelta(weeks=weeks)), day
    for months in (1, 2, 3, 6):
        yield _new_year, _months(months), _month
    for years in (1, 5, 20):
        yield _new_year, _months(12 * years), lambda moment: str(moment.year)


def _later(step: timedelta) -> Next:
    return lambda moment: moment + step


def _months(count: int) -> Next:
    def following(moment: datetime) -> datetime:
        months = moment.month - 1 + count
        return moment.replace(year=moment.year + months // 12, month=months % 12 + 1)

    return following


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0)


def _monday(moment: datetime) -> datetime:
    return _midnight(moment) - timedelta(days=moment.weekday())


def _new_year(moment: datetime) -> datetime:
    return _midnight(moment).replace(month=1, day=1)


def _hour(moment: datetime) -> str:
    return f"{moment:%H:%M}" if moment.hour else day(moment)


def _month(moment: datetime) -> str:
    return str(moment.year) if moment.month == 1 else f"{moment:%b}"


_UNITS = tuple(_units())
