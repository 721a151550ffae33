"""The counts of closed hours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

DAY, WEEK = 24, 168


@dataclass(frozen=True, slots=True, eq=False)
class Hours:
    """Hours of business time that follow one another, those without rows among them.

    first: the number of the first hour since 2000-01-01 00:00 UTC; a Saturday, in whose week the
    hour of the week is `(first + h) % WEEK`. rows: (h, c), of each caller in `names`. cells: (h, c,
    size), in the order of `contract.cell_layout.Layout`; rows that were counted while the version
    had no profile are in no cell. served: (h,), whether the version alone answered in the hour, or
    nobody asked and it would have; always where it is None. Where it did not, because another one
    took over or answers beside it, its volume and its callers' shares of it say nothing.
    """

    first: int
    names: tuple[str, ...]
    rows: Counts
    cells: Counts
    served: NDArray[np.bool_] | None = None

    @property
    def alone(self) -> NDArray[np.bool_]:
        """(h,): `served`, said of each hour."""
        return np.ones(len(self.rows), dtype=bool) if self.served is None else self.served

    @property
    def end(self) -> int:
        """The hour after the last."""
        return self.first + len(self.rows)
