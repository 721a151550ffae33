"""One feature: what is drawn of it, and what is said."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from contract.feature import Feature as Declared
from contract.profile import ColumnProfile
from monitor.page.cells import Percentile, Scale, scale_of, shares
from monitor.page.charts import Plot
from monitor.page.counts import Floats
from monitor.page.facts import Facts
from monitor.page.sections.drawing import few, lined, plot_of, round_up
from monitor.page.sections.reference import DRAWN
from monitor.page.window import Ints, Window
from monitor.page.words import number, share

HEIGHT = 104
# An atom that so many rows of training have says more by its share than percentiles could.
_MOST_ROWS = 0.5
# Lines of levels that a small chart can hold, and pixels between their labels.
_LEVELS = 3
_APART = 13

Measure = tuple[str, Sequence[float | None], Sequence[str], float | None]
"""Its name, values and open sides by step, and what it was in training."""


@dataclass(frozen=True)
class Feature(ABC):
    """A feature of a version: `cells` by step, `now` of the last 7 days, `training`."""

    declared: Declared
    column: ColumnProfile
    version: str
    window: Window
    cells: Ints
    now: Ints
    training: Ints

    measure = ""

    @property
    def name(self) -> str:
        """As declared."""
        return self.declared.name

    @property
    def title(self) -> Markup:
        """The name, which breaks before its capitals and after an underscore."""
        parts = "".join(
            f"\0{letter}" if letter.isupper() else f"{letter}\0" if letter == "_" else letter
            for letter in self.name
        )
        return Markup("<wbr>").join(escape(part) for part in parts.split("\0"))

    @property
    def unit(self) -> str:
        """What the axis says."""
        return self.measure

    @abstractmethod
    def draw(self) -> Markup:
        """The chart."""

    @abstractmethod
    def measures(self) -> Iterator[Measure]:
        """All that the file has of it."""

    @abstractmethod
    def said(self, cells: Ints) -> str:
        """What is drawn, of one row of cells, in words."""

    def said_now(self) -> str:
        """That of the last 7 days."""
        return self.said(self.now) if self.now.sum() else "no rows"

    def said_training(self) -> str:
        """That of training."""
        return self.said(self.training)

    def note(self) -> Markup:
        """Below the chart."""
        return Markup("<strong>{}</strong> in 7 days, {} in training").format(
            self.said_now(), self.said_training()
        )

    @property
    def label(self) -> str:
        """What the chart says to those who cannot see it."""
        now, trained = self.said_now(), self.said_training()
        return f"{self.name}, {self.measure}: {now} in the last 7 days, {trained} in training"

    @cached_property
    def enough(self) -> NDArray[np.bool_]:
        """The steps that are drawn."""
        enough: NDArray[np.bool_] = self.cells.sum(axis=1) >= DRAWN
        return enough

    def missing(self) -> Measure:
        """The share of missing values."""
        return (
            "missing_share",
            _known(shares(self.cells)[:, 0]),
            self._closed,
            _share(self.training, 0),
        )

    @property
    def _closed(self) -> list[str]:
        return [""] * len(self.cells)

    def shares_drawn(self, at: Sequence[int]) -> list[float | None]:
        """The summed share of some cells among those that are not missing, by step."""
        of = shares(self.cells[:, 1:])[:, [place - 1 for place in at]].sum(axis=1)
        return _known(np.where(self.enough, of, np.nan))


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
        known = [value for line in (*by_step, trained) for value in line if value is not None]
        top, low = round_up(max([*known, 0.0])), min([*known, 0.0])
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
            yield f"p{round(100 * q)}", _known(found.values), sides, self._trained(q)

    def _drawn(self, q: float) -> list[float | None]:
        return _known(np.where(self.enough, self.percentile(self.cells, q).values, np.nan))

    def _trained(self, q: float) -> float | None:
        return _known(self.percentile(self.training[None, :], q).values)[0]


class OneValue(Number):
    """A number of which most rows have one value: the share of the others."""

    @cached_property
    def at(self) -> int:
        """The cell of that value."""
        return _most_frequent(self.declared, self.column, self.training)

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
        return _said_share(cells, self._others)

    def draw(self) -> Markup:
        """The share by step, and that of training."""
        return _share_plot(self, self._others)

    def measures(self) -> Iterator[Measure]:
        """The percentiles as well."""
        yield from super().measures()
        name = self.measure.replace(" ", "_")
        yield name, self.shares_drawn(self._others), self._closed, _of(self.training, self._others)

    @property
    def _others(self) -> list[int]:
        codes = set(map(float, self.declared.missing_codes))
        left_out = {1 + at for at, atom in enumerate(self.column.atoms) if atom in codes}
        return [at for at in range(1, len(self.training)) if at != self.at and at not in left_out]


class Boolean(Feature):
    """The share of true."""

    measure = "share of true"

    def said(self, cells: Ints) -> str:
        """The share."""
        return _said_share(cells, [2])

    def draw(self) -> Markup:
        """The share by step, and that of training."""
        return _share_plot(self, [2])

    def measures(self) -> Iterator[Measure]:
        """Missing, and true."""
        yield self.missing()
        yield "share_of_true", self.shares_drawn([2]), self._closed, _of(self.training, [2])


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
        return f"{self.column.levels[first - 1]} {_said_share(cells, [first])}"

    def draw(self) -> Markup:
        """A line for each of the three most frequent levels, with its name."""
        shown = self.order[:_LEVELS]
        lines = [self.shares_drawn([at]) for at in shown]
        trained = [_of(self.training, [at]) or 0.0 for at in shown]
        known = [value for line in lines for value in line if value is not None]
        top = min(1.0, round_up(max([*known, *trained])))
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
            yield name, self.shares_drawn([at]), self._closed, _of(self.training, [at])

    def _name(self, plot: Plot, at: int, value: float, heights: list[float]) -> None:
        height = plot.py(value) - 4
        while any(abs(height - other) < _APART for other in heights):
            height += 1
        heights.append(height)
        level = self.column.levels[at - 1]
        plot.text(plot.x[1], None, f"{level[:18]} {share(value, 0)}", "end", "on", px=height)


def features_of(facts: Facts) -> Iterator[Feature]:
    """The features of the version that is shown, in the order of its declaration."""
    assert facts.version is not None
    assert facts.version.declaration is not None
    assert facts.layout is not None
    by_step = facts.window.by_step(facts.counts.seen.cells.T).T
    recent = facts.counts.seen.cells[facts.window.last_days()].sum(axis=0)
    for declared, place in zip(
        facts.version.declaration.features, facts.layout.places, strict=True
    ):
        counts = place.column.counts
        training = np.array(counts.negatives, dtype=np.int64) + np.array(counts.positives)
        own = slice(place.start, place.end)
        yield _kind(declared, place.column, training)(
            declared,
            place.column,
            facts.version.name,
            facts.window,
            by_step[:, own],
            recent[own],
            training,
        )


def _kind(declared: Declared, column: ColumnProfile, training: Ints) -> type[Feature]:
    if column.kind == "category":
        return Category
    if column.kind == "boolean":
        return Boolean
    at = _most_frequent(declared, column, training)
    if at and training[at] / training[1:].sum() >= _MOST_ROWS:
        return OneValue
    return Number


def _most_frequent(declared: Declared, column: ColumnProfile, training: Ints) -> int:
    """The cell of the atom that most rows have, codes aside; 0 where there is none."""
    codes = set(map(float, declared.missing_codes))
    own = [1 + at for at, atom in enumerate(column.atoms) if atom not in codes]
    return max((at for at in own if training[at]), key=lambda at: int(training[at]), default=0)


def _share_plot(feature: Feature, at: Sequence[int]) -> Markup:
    line = feature.shares_drawn(at)
    trained = _of(feature.training, at)
    known = [value for value in (*line, trained) if value is not None]
    top = min(1.0, round_up(max([*known, 0.0])))
    plot = plot_of(feature.window, top, HEIGHT, feature.label)
    if trained is not None:
        plot.hline(trained, "refline")
    plot.yticks([0, top], lambda value: share(value, 0 if top >= _WHOLE else 1))
    lined(plot, feature.window, line)
    return plot.xticks(feature.window.ticks(few(feature.window))).svg()


# From here on a label in whole per cent is exact enough.
_WHOLE = 0.05


def _said_share(cells: Ints, at: Sequence[int]) -> str:
    found = _of(cells, at)
    return "no value" if found is None else share(found)


def _of(cells: Ints, at: Sequence[int]) -> float | None:
    """The share of some cells among those that are not missing."""
    present = int(cells[1:].sum())
    return int(cells[list(at)].sum()) / present if present else None


def _share(cells: Ints, at: int) -> float | None:
    rows = int(cells.sum())
    return int(cells[at]) / rows if rows else None


def _known(values: Floats) -> list[float | None]:
    return [None if isnan(value) else value for value in values.tolist()]
