"""Intervals before and after, a group to a row, on one axis."""

from dataclasses import dataclass

from markupsafe import Markup

from monitor.page.charts import Mark, axis, strip
from monitor.page.figures import Cell, Column, Table
from monitor.page.incident.due import Due, Pair, Side, is_beyond
from monitor.page.sections.drawing import round_up
from monitor.page.words import count, number

_WIDEST = 4.0
"""An axis that goes further than that hides what is near 1."""


@dataclass(frozen=True, slots=True)
class Strips:
    """A table whose middle column is the picture: name, picture, before, after."""

    by: str
    axis: Markup
    rows: tuple[tuple[str, Markup, str, str], ...]


def strips(due: Due, tolerance: float) -> tuple[Strips, ...]:
    """One for each way of telling groups apart; `tolerance` is of observed over expected."""
    return tuple(_strips(by, pairs, tolerance) for by, pairs in due.by.items())


def _strips(by: str, pairs: tuple[Pair, ...], tolerance: float) -> Strips:
    sides = [side for pair in pairs for side in (pair.before, pair.after) if side is not None]
    ends = [side.ratio.high for side in sides if side.ratio is not None]
    top = min(round_up(max([*ends, 1.5])), _WIDEST)
    ticks = [tick for tick in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0) if tick <= top]
    if top > 2:
        ticks = [tick for tick in ticks if tick not in {0.5, 1.5}]
    rows = tuple(_row(pair, top, ticks, tolerance) for pair in pairs)
    return Strips(by, axis(0, top, ticks, number), rows)


def _row(
    pair: Pair, top: float, ticks: list[float], tolerance: float
) -> tuple[str, Markup, str, str]:
    before, after = _said(pair.before), _said(pair.after)
    ratio = pair.after.ratio if pair.after else None
    wrong = ratio is not None and is_beyond(ratio, tolerance)
    marks = [*_mark(pair.before, top, "hollow"), *_mark(pair.after, top, "wrong" if wrong else "")]
    label = f"{pair.name}: {before} before, {after} after"
    picture = strip(0, top, marks, label, zero=1, ticks=ticks)
    return pair.name, picture, before, after


def _mark(side: Side | None, top: float, cls: str) -> list[Mark]:
    ratio = side.ratio if side else None
    if ratio is None:
        return []
    return [(min(ratio.low, top), min(ratio.value, top), min(ratio.high, top), cls)]


def _said(side: Side | None) -> str:
    ratio = side.ratio if side else None
    return "none due" if ratio is None else f"{ratio.value:.2f}"


def table(due: Due) -> Table:
    """The figures of all of them."""
    columns = (
        Column("by", "By"),
        Column("group", "Group"),
        *(
            Column(f"{side}_{key}", f"{head}, {side}", shown)
            for side in ("before", "after")
            for key, head, shown in (
                ("cases", "Due cases", count),
                ("bad", "Bad", count),
                ("expected", "Expected", number),
                ("ratio", "Observed / expected", _ratio),
                ("low", "from", _ratio),
                ("high", "to", _ratio),
            )
        ),
    )
    rows = tuple(
        (by, pair.name, *_cells(pair.before), *_cells(pair.after))
        for by, pairs in due.by.items()
        for pair in pairs
    )
    return Table("due", "Due cases before and after", columns, rows, "none due", ranked=True)


def _cells(side: Side | None) -> tuple[Cell, ...]:
    ratio = side.ratio if side else None
    if side is None or ratio is None:
        return (None,) * 6
    return side.cases, side.bad, side.expected, ratio.value, ratio.low, ratio.high


def _ratio(value: float) -> str:
    return f"{value:.2f}"
