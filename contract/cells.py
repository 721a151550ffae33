"""The cells of a profile, found by numpy where PostgreSQL's width_bucket would."""

import numpy as np
from numpy.typing import NDArray

from contract.profile import ColumnProfile

Column = NDArray[np.float64]
Cells = NDArray[np.int64]


def place(profile: ColumnProfile, values: Column) -> Cells:
    """The cell of each value, (n,) -> (n,); NaN is missing, a category the place of its level.

    A category's text that no level names is infinity.
    """
    if profile.kind == "category":
        known = np.isfinite(values)
        found = np.where(known, 1 + np.where(known, values, 0), 1 + len(profile.levels))
    else:
        found = 1 + len(profile.atoms) + np.searchsorted(profile.edges, values, side="right")
        for at, atom in enumerate(profile.atoms):
            found[values == atom] = 1 + at
    cells: Cells = np.where(np.isnan(values), 0, found).astype(np.int64)
    return cells
