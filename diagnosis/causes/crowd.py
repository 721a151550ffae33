"""Rows with weights, in the cells of a partition, and how much two crowds of them differ."""

from dataclasses import dataclass, replace

import numpy as np

from diagnosis.causes.partition import Partition
from diagnosis.rows import Floats, Mask, Places


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """n rows with their weights, and the cells they lie in, (n, f)."""

    partition: Partition
    values: Floats
    cells: Places
    callers: Places
    scores: Floats
    times: Floats
    weights: Floats

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def size(self) -> float:
        """How many rows of equal weight tell as much."""
        squares = float((self.weights**2).sum())
        return float(self.weights.sum()) ** 2 / squares if squares > 0 else 0.0

    @property
    def shares(self) -> Floats:
        """(cells,): the share of the rows in each."""
        features = self.cells.shape[1]
        counts = np.bincount(
            self.cells.ravel(), np.repeat(self.weights, features), self.partition.size
        )
        found: Floats = counts / max(float(self.weights.sum()), 1e-300)
        return found

    def column_shares(self, column: int, chosen: Mask | None = None) -> Floats:
        """The share of the rows, or of some, in each cell of a column."""
        where = self.partition.cells_of(column)
        cells, weights = self.cells[:, column] - where.start, self.weights
        if chosen is not None:
            cells, weights = cells[chosen], weights[chosen]
        counts = np.bincount(cells, weights, where.stop - where.start)
        found: Floats = counts / max(float(weights.sum()), 1e-300)
        return found

    def of(self, chosen: Mask | Places) -> "Crowd":
        """Some of the rows."""
        return Crowd(
            self.partition,
            *(self.values[chosen], self.cells[chosen], self.callers[chosen]),
            *(self.scores[chosen], self.times[chosen], self.weights[chosen]),
        )

    def weighted(self, weights: Floats) -> "Crowd":
        """With other weights."""
        return replace(self, weights=weights)

    def changed(self, chosen: Mask, columns: tuple[int, ...], values: Floats) -> "Crowd":
        """With other values, (k, columns), in the k chosen rows."""
        new, cells = self.values.copy(), self.cells.copy()
        for at, column in enumerate(columns):
            new[chosen, column] = values[:, at]
            cells[chosen, column] = self.partition.column_places(column, values[:, at])
        return replace(self, values=new, cells=cells)
