"""What else was looked at, and whether it moved: the other columns, scores, traffic."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isnan

import numpy as np

from diagnosis.finding import Moved
from diagnosis.streams import Stream
from monitor.incidents.figure_words import noun
from monitor.page.counts import Floats
from monitor.page.figures import Cell, Column, Table
from monitor.page.incident.around import Around
from monitor.page.indicators import Indicators
from monitor.page.words import number, share


@dataclass(frozen=True, slots=True)
class Quiet:
    """A quantity before and after, and by how much it may move."""

    what: str
    before: float
    after: float
    tolerance: float
    shown: Callable[[float], str]

    @property
    def moved(self) -> float:
        """How much it moved, in tolerances."""
        return abs(self.after - self.before) / self.tolerance

    @property
    def beyond(self) -> bool:
        """Whether it left its tolerance."""
        return self.moved > 1


def quiet(around: Around, named: list[str]) -> tuple[Quiet, ...]:
    """Of every column that is not named, and of the scores, the share that moved most.

    Compared with training where there was nothing before.
    """
    if around.version.profile is None or around.version.declaration is None:
        return ()
    indicators = Indicators.of(around.version)
    streams = indicators.streams
    after = indicators.shares(around.after)
    before = indicators.shares(around.before)
    if np.isnan(before).all():
        before = streams.ones / streams.rows
    found = [*_columns(indicators, before, after, named)]
    return tuple(sorted(found, key=lambda each: -each.moved))


def _columns(
    indicators: Indicators, before: Floats, after: Floats, named: list[str]
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
                *(float(before[at]), float(after[at]), stream.tolerance, share),
            )
            for at, stream in streams
        ]
        known = [each for each in every if not isnan(each.moved)]
        if known:
            yield max(known, key=lambda each: each.moved)


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
            "beyond" if each.beyond else "within",
        )
        for each in found
    )
    caption = "Of each other column, and of the scores, the share that moved most"
    return Table("others", caption, columns, rows, ranked=True)
