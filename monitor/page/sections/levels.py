"""Features that are booleans or categories: shares."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from markupsafe import Markup

from monitor.page.charts import Plot
from monitor.page.sections.drawing import few, lined, plot_of, round_up
from monitor.page.sections.feature import (
    HEIGHT,
    Feature,
    Measure,
    said_share,
    share_of,
    share_plot,
)
from monitor.page.window import Ints
from monitor.page.words import number, share

# Lines of levels that a small chart can hold, and pixels between their labels.
_LEVELS = 3
_APART = 13


class Boolean(Feature):
    """The share of true."""

    measure = "share of true"

    def said(self, cells: Ints) -> str:
        """The share."""
        return said_share(cells, [2])

    def draw(self) -> Markup:
        """The share by step, and that of training."""
        return share_plot(self, [2])

    def measures(self) -> Iterator[Measure]:
        """Missing, and true."""
        yield self.missing()
        yield "share_of_true", self.shares_drawn([2]), self.closed, share_of(self.training, [2])


class Category(Feature):
    """The shares of its levels."""

    measure = "shares of the most frequent levels"

    @cached_property
    def order(self) -> list[int]:
        """Cells of the levels, the most frequent in training first."""
        levels = np.argsort(-self.training[1:-1], kind="stable") + 1
        return [int(at) for at in levels]

    def said(self, cells: Ints) -> str:
        """The share of the level that is most frequent in training."""
        first = self.order[0]
        return f"{self.column.levels[first - 1]} {said_share(cells, [first])}"

    def draw(self) -> Markup:
        """A line for each of the three most frequent levels, with its name."""
        shown = self.order[:_LEVELS]
        lines = [self.shares_drawn([at]) for at in shown]
        trained = [share_of(self.training, [at]) or 0.0 for at in shown]
        there = [value for line in lines for value in line if value is not None]
        top = min(1.0, round_up(max([*there, *trained])))
        plot = plot_of(self.window, top, HEIGHT, self.label, room=1.2)
        plot.yticks([0], number)
        heights: list[float] = []
        for at, line, before in zip(shown, lines, trained, strict=True):
            plot.hline(before, "refline")
            lined(plot, self.window, line, "live1" if at == shown[0] else "live2")
            last = next((value for value in reversed(line) if value is not None), before)
            self._name(plot, at, last, heights)
        return plot.xticks(self.window.ticks(few(self.window))).svg()

    def measures(self) -> Iterator[Measure]:
        """Every level, and texts that none names."""
        yield self.missing()
        names = [*(f"share of {level}" for level in self.column.levels), "share of unseen levels"]
        for at, name in enumerate(names, 1):
            yield name, self.shares_drawn([at]), self.closed, share_of(self.training, [at])

    def _name(self, plot: Plot, at: int, value: float, heights: list[float]) -> None:
        height = plot.py(value) - 4
        while any(abs(height - other) < _APART for other in heights):
            height += 1
        heights.append(height)
        level = self.column.levels[at - 1]
        plot.text(plot.x[1], None, f"{level[:18]} {share(value, 0)}", "end", "on", px=height)
