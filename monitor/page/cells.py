"""What cells say of a feature: percentiles, shares, and how far two counts lie apart."""

from dataclasses import dataclass
from itertools import pairwise
from math import inf, pi

import numpy as np

from contract.profile import ColumnProfile
from monitor.page.counts import Floats
from monitor.page.window import Ints


@dataclass(frozen=True, slots=True, eq=False)
class Percentile:
    """A percentile of each row of counts; NaN of no rows.

    `open` says where it lies in a bin without an end: then it is at most, or at least, the value.
    """

    values: Floats
    open: Ints


class Scale:
    """The values of a number's cells in order: atoms, and bins in which values lie evenly.

    Codes that mean "missing" are no values of it. The first and the last bin have no end: a value
    in them is known to lie below, or above, their one edge.
    """

    def __init__(
        self, edges: tuple[float, ...], atoms: tuple[float, ...], codes: tuple[float, ...] = ()
    ) -> None:
        known = {atom: at for at, atom in enumerate(atoms) if atom not in codes}
        parts: list[tuple[float, float, int, float]] = []
        bounds = [-inf, *edges, inf]
        for number, (low, high) in enumerate(pairwise(bounds)):
            cuts = [low, *sorted(atom for atom in known if low < atom < high), high]
            pieces = list(pairwise(cuts))
            for left, right in pieces:
                # Of a bin without an end nobody knows how it goes on: pieces count alike.
                whole = (right - left) / (high - low) if edges and abs(high - low) < inf else None
                portion = 1 / len(pieces) if whole is None else whole
                parts.append((left, right, len(atoms) + number, portion))
        parts += [(atom, atom, at, 1.0) for atom, at in known.items()]
        parts.sort(key=lambda part: (part[0], part[1]))
        self._low = np.array([part[0] for part in parts])
        self._high = np.array([part[1] for part in parts])
        self._cell = np.array([part[2] for part in parts])
        self._portion = np.array([part[3] for part in parts])

    def percentile(self, cells: Ints, q: float) -> Percentile:
        """Of rows of counts without the missing ones, (n, atoms and bins) -> (n,)."""
        mass = cells[:, self._cell] * self._portion
        sums = np.cumsum(mass, axis=1)
        totals = sums[:, -1]
        wanted = q * totals
        # Where a percentile lies on a border, the first cell with rows has it.
        place = np.argmax((sums >= wanted[:, None] - 1e-9 * totals[:, None]) & (mass > 0), axis=1)
        rows = np.arange(len(cells))
        own = mass[rows, place]
        inside = np.divide(wanted - (sums[rows, place] - own), own, where=own > 0, out=0 * wanted)
        low, high = self._low[place], self._high[place]
        with np.errstate(invalid="ignore"):
            values = low + (high - low) * np.clip(inside, 0, 1)
        beyond = np.where(np.isinf(low), -1, np.where(np.isinf(high), 1, 0))
        values = np.where(low == high, low, np.where(beyond < 0, high, values))
        values = np.where((beyond > 0), low, values)
        empty = (totals <= 0) | ~np.isfinite(values)
        return Percentile(
            np.where(empty, np.nan, values), np.where(empty, 0, beyond).astype(np.int64)
        )


def scale_of(column: ColumnProfile, codes: tuple[float, ...]) -> Scale:
    """That of a number's own cells, without the first, the missing ones."""
    return Scale(column.edges, column.atoms, codes)


def shares(cells: Ints) -> Floats:
    """Counts as shares of their row; NaN of no rows. (n, k) -> (n, k)."""
    totals = cells.sum(axis=-1, keepdims=True)
    found: Floats = np.divide(
        cells, totals, where=totals > 0, out=np.full(cells.shape, np.nan, dtype=np.float64)
    )
    return found


def apart(now: Ints, training: Ints) -> float:
    """The share of rows that would have to lie in other cells for both to be alike."""
    return float(np.abs(shares(now) - shares(training)).sum() / 2)


def apart_by_chance(now: Ints, training: Ints) -> float:
    """How far two samples of one population, of these sizes, lie apart on average."""
    both = shares(now + training)
    spread = np.sqrt(2 / pi * both * (1 - both) * (1 / now.sum() + 1 / training.sum()))
    return float(spread.sum() / 2)
