"""What else was looked at, and whether it moved: the other columns, scores, traffic."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from diagnosis.finding import Moved
from diagnosis.streams import Stream
from monitor.incidents.figure_words import noun
from monitor.page.counts import Floats
from monitor.page.figures import Cell, Column, Table
from monitor.page.incident.around import Around
from monitor.page.incident.chance import beyond_chance
from monitor.page.indicators import Indicators
from monitor.page.words import number, share


@dataclass(frozen=True, slots=True)
class Quiet:
    """A quantity before and after, and by how much it may move."""

    what: str
    before: float
    after: float
    tolerance: float
    rows: tuple[int, int]
    """Those behind the shares before and after."""

    @property
    def moved(self) -> float:
        """How much it moved beyond chance, in tolerances."""
        return beyond_chance(self.before, self.after, self.rows) / self.tolerance

    @property
    def beyond(self) -> bool:
        """Whether it left its tolerance, and more than chance explains."""
        return self.moved > 1

    @property
    def verdict(self) -> str:
        """In a word or two."""
        if self.beyond:
            return "beyond"
        outside = abs(self.after - self.before) > self.tolerance
        return "too few rows to tell" if outside else "within"


def quiet(around: Around, named: list[str]) -> tuple[Quiet, ...]:
    """Of every column that is not named, and of the scores, the share that moved most.

    Compared with training where there was nothing before.
    """
    if around.version.profile is None or around.version.declaration is None:
        return ()
    indicators = Indicators.of(around.version)
    streams = indicators.streams
    cells = np.array([around.before, around.after])
    ones, rows = indicators.counted(cells)
    if not around.before.sum():
        ones[0], rows[0] = streams.ones, streams.rows
    found = _columns(indicators, ones, rows, named)
    return tuple(sorted(found, key=_most))


def _most(of: Quiet) -> tuple[float, float]:
    return -of.moved, -abs(of.after - of.before) / of.tolerance


def _columns(
    indicators: Indicators, ones: Floats, rows: Floats, named: list[str]
) -> Iterator[Quiet]:
    by_column: dict[str | None, list[tuple[int, Stream]]] = {}
    for at, stream in enumerate(indicators.streams.each):
        by_column.setdefault(stream.column, []).append((at, stream))
    for column, streams in by_column.items():
        if column in named:
            continue
        every = [
            Quiet(
                noun(Moved(stream.name, 0, 0, "share", column)),
                float(ones[0, at] / rows[0, at]),
                float(ones[1, at] / rows[1, at]),
                stream.tolerance,
                (int(rows[0, at]), int(rows[1, at])),
            )
            for at, stream in streams
            if rows[:, at].all()
        ]
        if every:
            yield min(every, key=_most)


def table(found: tuple[Quiet, ...]) -> Table:
    """A row for each, those that moved most first."""
    columns = (
        Column("what", "What"),
        Column("before", "Before", share),
        Column("after", "After", share),
        Column("tolerance_points", "Tolerance, points", lambda value: f"±{number(value)}"),
        Column("verdict", "Moved"),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            *(each.what, each.before, each.after, 100 * each.tolerance),
            each.verdict,
        )
        for each in found
    )
    caption = "Of each other column, and of the scores, the share that moved most"
    return Table("others", caption, columns, rows, ranked=True)
