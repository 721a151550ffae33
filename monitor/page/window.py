"""The time that is shown: from where to where, by which steps, and how it is labelled. All UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from monitor.page.filters import DAYS, Filters, Step
from monitor.page.words import day

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
_LENGTH: dict[Step, timedelta] = {"hour": HOUR, "day": DAY, "week": WEEK}
_MONTHLY = 100
_TICKS = 12
# More labels than that do not fit where the page is narrow.
_FEW = 5
# A Monday: weeks begin with one.
_EPOCH = datetime(2000, 1, 3, tzinfo=UTC)

Ints = NDArray[np.int64]
Summed = TypeVar("Summed", np.int64, np.float64)


def floor(moment: datetime, step: Step) -> datetime:
    """The beginning of the hour, day or week."""
    return _EPOCH + (moment - _EPOCH) // _LENGTH[step] * _LENGTH[step]


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to `end` = as of; read by hours or days (`grain`), shown by `step`.

    `past` is whether somebody asked for an earlier moment than the last round.
    """

    start: datetime
    end: datetime
    grain: Step
    step: Step
    past: bool

    @classmethod
    def of(cls, filters: Filters, as_of: datetime) -> "Window":
        """What the filters show, as of a moment."""
        length = timedelta(days=DAYS[filters.last])
        start = floor(as_of - length, filters.step)
        grain: Step = "hour" if filters.last == "P7D" else "day"
        return cls(start, as_of, grain, filters.step, filters.as_of is not None)

    @property
    def grains(self) -> int:
        """How many hours or days are read; the last may not be over."""
        return -(-(self.end - self.start) // _LENGTH[self.grain])

    @property
    def steps(self) -> list[datetime]:
        """Where each step begins."""
        length = _LENGTH[self.step]
        return [
            self.start + index * length for index in range(-(-(self.end - self.start) // length))
        ]

    @property
    def length(self) -> timedelta:
        """That of a step."""
        return _LENGTH[self.step]

    @property
    def counted_until(self) -> datetime:
        """Hours that begin before it are counted: of an earlier moment only whole ones."""
        return floor(self.end, "hour") if self.past else self.end

    @property
    def unfinished(self) -> bool:
        """Whether the last step is not over."""
        return self.steps[-1] + self.length > self.end

    def place(self, moment: datetime) -> int:
        """Number of the grain that a moment lies in."""
        return (moment - self.start) // _LENGTH[self.grain]

    def by_step(self, counts: NDArray[Summed]) -> NDArray[Summed]:
        """Sums of the grains (last axis) of each step."""
        size = self.length // _LENGTH[self.grain]
        sums: NDArray[Summed] = np.add.reduceat(
            counts, np.arange(0, counts.shape[-1], size), axis=-1
        )
        return sums

    def last_days(self, days: int = 7) -> slice:
        """The grains of the last days."""
        return slice(max(0, self.grains - (days if self.grain == "day" else days * 24)), None)

    @property
    def span(self) -> tuple[float, float]:
        """The axis, in days from the start."""
        steps = self.steps
        return 0.0, (steps[-1] + self.length - self.start) / DAY

    def x(self, index: int) -> float:
        """Where a step is drawn: its middle."""
        return (index + 0.5) * (self.length / DAY)

    def at(self, moment: datetime) -> float:
        """Where a moment is drawn."""
        return (moment - self.start) / DAY

    def name(self, start: datetime) -> str:
        """A step by its beginning, as tables have it."""
        if self.step == "hour":
            return f"{start:%Y-%m-%dT%H:%M}Z"
        return f"{start:%Y-%m-%d}"

    def ticks(self, most: int = _TICKS) -> list[tuple[float, str, str]]:
        """Days, Mondays or months, as many as fit; every second one goes where it is narrow."""
        first = -(-(self.start - _EPOCH) // DAY)
        days = [_EPOCH + at * DAY for at in range(first, (self.end - _EPOCH) // DAY + 1)]
        if len(days) > _MONTHLY:
            found = [(moment, f"{moment:%b}") for moment in days if moment.day == 1]
        elif len(days) > _TICKS:
            found = [(moment, day(moment)) for moment in days if moment.weekday() == 0]
        else:
            found = [(moment, day(moment)) for moment in days]
        found = found[:: -(-len(found) // most) or 1]
        crowded = len(found) > _FEW
        return [
            (self.at(moment), label, "wide2" if crowded and index % 2 else "")
            for index, (moment, label) in enumerate(found)
        ]
