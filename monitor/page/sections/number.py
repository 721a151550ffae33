"""Features that are numbers: percentiles, or the share of other values than the usual one."""

from collections.abc import Iterator
from functools import cached_property
from math import isnan

import numpy as np
from markupsafe import Markup

from contract.feature import Feature as Declared
from contract.profile import ColumnProfile
from monitor.page.cells import Percentile, Scale, scale_of
from monitor.page.sections.drawing import few, lined, plot_of, round_up
from monitor.page.sections.feature import (
    HEIGHT,
    Feature,
    Measure,
    known,
    said_share,
    share_of,
    share_plot,
)
from monitor.page.window import Ints
from monitor.page.words import number


class Number(Feature):
    """Percentiles."""

    measure = "median"

    @property
    def unit(self) -> str:
        """Its own."""
        return f"median, {self.declared.unit}" if self.declared.unit else "median"

    @cached_property
    def scale(self) -> Scale:
        """The order of its cells."""
        return scale_of(self.column, tuple(map(float, self.declared.missing_codes)))

    def percentile(self, cells: Ints, q: float) -> Percentile:
        """Of rows of cells."""
        found = self.scale.percentile(cells[:, 1:], q)
        if self.declared.kind == "integer":
            # A bin from 50 to 52 holds the numbers 50 and 51.
            return Percentile(np.floor(found.values), found.open)
        return found

    def said(self, cells: Ints) -> str:
        """The median, and whether it is only bounded."""
        found = self.percentile(cells[None, :], 0.5)
        value, side = float(found.values[0]), int(found.open[0])
        if isnan(value):
            return "no value"
        return {-1: "below ", 0: "", 1: "at least "}[side] + number(value)

    def draw(self) -> Markup:
        """Median, 10th and 90th percentile, before the middle 80% of training."""
        by_step = [self._drawn(q) for q in (0.1, 0.5, 0.9)]
        trained = [self._trained(q) for q in (0.1, 0.5, 0.9)]
        there = [value for line in (*by_step, trained) for value in line if value is not None]
        top, low = round_up(max([*there, 0.0])), min([*there, 0.0])
        low = -round_up(-low) if low < 0 else 0.0
        plot = plot_of(self.window, top, HEIGHT, self.label, low=low)
        start, end = plot.x
        if trained[0] is not None and trained[2] is not None:
            plot.rect(start, end, trained[0], trained[2], "band")
        if trained[1] is not None:
            plot.hline(trained[1], "refline")
        plot.yticks([low, top] if low == 0 else [low, 0, top], number)
        for values, cls in zip(by_step, ("live2", "live1", "live2"), strict=True):
            lined(plot, self.window, values, cls)
        return plot.xticks(self.window.ticks(few(self.window))).svg()

    def measures(self) -> Iterator[Measure]:
        """Missing share and percentiles, with the side of those in a bin without an end."""
        yield self.missing()
        for q in (0.1, 0.5, 0.9):
            found = self.percentile(self.cells, q)
            sides = [{-1: "below", 0: "", 1: "at least"}[side] for side in found.open.tolist()]
            yield f"p{round(100 * q)}", known(found.values), sides, self._trained(q)

    def _drawn(self, q: float) -> list[float | None]:
        return known(np.where(self.enough, self.percentile(self.cells, q).values, np.nan))

    def _trained(self, q: float) -> float | None:
        return known(self.percentile(self.training[None, :], q).values)[0]


class OneValue(Number):
    """A number of which most rows have one value: the share of the others."""

    @cached_property
    def at(self) -> int:
        """The cell of that value."""
        return most_frequent(self.declared, self.column, self.training)

    @property
    def measure(self) -> str:  # type: ignore[override]
        """In words."""
        value = self.column.atoms[self.at - 1]
        least = self.column.minimum is not None and value <= self.column.minimum
        return f"share {'above' if least else 'other than'} {number(value)}"

    @property
    def unit(self) -> str:
        """The measure says it."""
        return self.measure

    def said(self, cells: Ints) -> str:
        """The share."""
        return said_share(cells, self._others)

    def draw(self) -> Markup:
        """The share by step, and that of training."""
        return share_plot(self, self._others)

    def measures(self) -> Iterator[Measure]:
        """The percentiles as well."""
        yield from super().measures()
        name = self.measure.replace(" ", "_")
        yield (
            name,
            self.shares_drawn(self._others),
            self.closed,
            share_of(self.training, self._others),
        )

    @property
    def _others(self) -> list[int]:
        codes = set(map(float, self.declared.missing_codes))
        left_out = {1 + at for at, atom in enumerate(self.column.atoms) if atom in codes}
        return [at for at in range(1, len(self.training)) if at != self.at and at not in left_out]


def most_frequent(declared: Declared, column: ColumnProfile, training: Ints) -> int:
    """The cell of the atom that most rows have, codes aside; 0 where there is none."""
    codes = set(map(float, declared.missing_codes))
    own = [1 + at for at, atom in enumerate(column.atoms) if atom not in codes]
    return max((at for at in own if training[at]), key=lambda at: int(training[at]), default=0)
