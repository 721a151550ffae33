"""What the charts of all sections have in common: axes that are round, lines by step, gaps."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import ceil, floor, isnan, log10

from monitor.page.charts import Plot
from monitor.page.window import Window
from monitor.page.words import day

_LOW, _SMALL = 1e-9, 5
# The least part of the axis on which the word for a gap has room.
_ROOM = 0.04


def round_up(value: float) -> float:
    """The next of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten."""
    if value <= _LOW:
        return 1.0
    power = 10.0 ** floor(log10(value))
    for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10):
        if value <= step * power * (1 + 1e-9):
            return float(f"{step * power:.6g}")
    raise AssertionError(value)


def plot_of(
    window: Window,
    top: float,
    height: int,
    label: str,
    *,
    low: float = 0.0,
    room: float = 1.08,
    above: int = 14,
) -> Plot:
    """A plot over the window from `low` (0) to a little above `top`; `above` are pixels."""
    return Plot(window.span, (low, top * room), height, label, top=above)


def lined(plot: Plot, window: Window, values: Sequence[float | None], cls: str = "live1") -> Plot:
    """A line of one value for each step, drawn in its middle; None and NaN break it."""
    points = [
        (window.x(at), None if value is None or isnan(value) else float(value))
        for at, value in enumerate(values)
    ]
    return plot.line(points, cls)


def counted(plot: Plot, window: Window, values: Sequence[int], *, gaps: bool = False) -> Plot:
    """A line of counts: none is a gap, and a step that is not over is a dot of its own."""
    drawn: list[float | None] = [value or None for value in values]
    if window.unfinished and drawn:
        last, drawn[-1] = drawn[-1], None
        if last is not None:
            plot.line([(window.x(len(drawn) - 1), last)], "live2")
    if gaps:
        for start, end in silences(values):
            if (end - start) / len(values) >= _ROOM:
                middle = (window.x(start) + window.x(end - 1)) / 2
                at = day(window.steps[start])
                plot.text(middle, None, f"none, {at}", "middle", "on", px=plot.h - plot.bottom - 6)
    return lined(plot, window, drawn)


def silences(values: Sequence[int]) -> list[tuple[int, int]]:
    """Steps without any, between those that have some: from, and until before."""
    busy = [at for at, value in enumerate(values) if value]
    return [(before + 1, after) for before, after in pairwise(busy) if after > before + 1]


def ticked(
    plot: Plot, window: Window, top: float, shown: Callable[[float], str], *, most: int = 12
) -> Plot:
    """The base, a line at the top with its label, and the time below."""
    return plot.yticks([0, top], shown).xticks(window.ticks(most))


def highest(*series: Sequence[float | None]) -> float:
    """The greatest of all values that are there; 0 of none."""
    found = [value for values in series for value in values if value is not None]
    return max((value for value in found if not isnan(value)), default=0.0)


def few(window: Window) -> int:
    """Labels of time that fit below a small chart."""
    return min(_SMALL, max(3, ceil(len(window.steps) / 60)))
