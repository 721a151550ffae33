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
from monitor.page.cells import shares
from monitor.page.counts import Floats
from monitor.page.sections.drawing import few, lined, plot_of, round_up
from monitor.page.sections.reference import DRAWN
from monitor.page.window import Ints, Window
from monitor.page.words import share

HEIGHT = 104
# From here on a label in whole per cent is exact enough.
_WHOLE = 0.05

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
            known(shares(self.cells)[:, 0]),
            self.closed,
            share_in(self.training, 0),
        )

    @property
    def closed(self) -> list[str]:
        """No percentile: none lies in a bin without an end."""
        return [""] * len(self.cells)

    def shares_drawn(self, at: Sequence[int]) -> list[float | None]:
        """The summed share of some cells among those that are not missing, by step."""
        of = shares(self.cells[:, 1:])[:, [place - 1 for place in at]].sum(axis=1)
        return known(np.where(self.enough, of, np.nan))


def share_plot(feature: Feature, at: Sequence[int]) -> Markup:
    """The share of some cells by step, and that of training."""
    line = feature.shares_drawn(at)
    trained = share_of(feature.training, at)
    there = [value for value in (*line, trained) if value is not None]
    top = min(1.0, round_up(max([*there, 0.0])))
    plot = plot_of(feature.window, top, HEIGHT, feature.label)
    if trained is not None:
        plot.hline(trained, "refline")
    plot.yticks([0, top], lambda value: share(value, 0 if top >= _WHOLE else 1))
    lined(plot, feature.window, line)
    return plot.xticks(feature.window.ticks(few(feature.window))).svg()


def said_share(cells: Ints, at: Sequence[int]) -> str:
    """The share of some cells in words."""
    found = share_of(cells, at)
    return "no value" if found is None else share(found)


def share_of(cells: Ints, at: Sequence[int]) -> float | None:
    """The share of some cells among those that are not missing."""
    present = int(cells[1:].sum())
    return int(cells[list(at)].sum()) / present if present else None


def share_in(cells: Ints, at: int) -> float | None:
    """The share of one cell among all rows; None of no rows."""
    rows = int(cells.sum())
    return int(cells[at]) / rows if rows else None


def known(values: Floats) -> list[float | None]:
    """Numbers, and None in the place of NaN."""
    return [None if isnan(value) else value for value in values.tolist()]
