"""Counts and sums of rows by the group that each is a member of."""

import numpy as np
from numpy.typing import NDArray

from db.rollup.stream import Rows

Counts = NDArray[np.int64]
Members = NDArray[np.intp]

UNIT = 1e12
"""Probabilities are summed up in these parts: as integers they have the same sum in any order."""


def units(values: Rows) -> Counts:
    """Probabilities, (n,), in parts of UNIT."""
    return np.rint(values * UNIT).astype(np.int64)


def total(member: Members, groups: int, values: Counts) -> Counts:
    """The exact sum of each group, (g,)."""
    sums = np.zeros(groups, dtype=np.int64)
    np.add.at(sums, member, values)
    return sums


def by_bin(member: Members, groups: int, values: Rows, edges: tuple[float, ...]) -> Counts:
    """How many of each group, (g,), have a value in each bin, (g, bins)."""
    places = np.searchsorted(edges, values, side="right")
    return grid(member, groups, places, len(edges) + 1)


def grid(member: Members, groups: int, places: Counts, size: int) -> Counts:
    """How many of each group, (g,), are at each place, (g, size)."""
    flat = np.bincount(member * size + places, minlength=groups * size)
    return flat.reshape(groups, size).astype(np.int64)
