"""Faults of where a value goes: two columns exchanged, a column joined to the wrong rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from diagnosis.causes.contrast import Contrast, contrast
from diagnosis.causes.crowd import Crowd
from diagnosis.causes.fault import Fault
from diagnosis.reference import Reference
from diagnosis.rows import Floats

_SEED = 20000102


@dataclass(frozen=True, slots=True, eq=False)
class Swapped(Fault):
    """Two columns have changed places."""

    def change(self, values: Floats) -> Floats:
        """What becomes of affected rows, (n, f) -> (n, columns)."""
        return values[:, list(self.columns[::-1])]


@dataclass(frozen=True, slots=True, eq=False)
class Shuffled(Fault):
    """Columns come from the row of somebody else."""

    others: tuple[int, ...] = field(default=())

    def change(self, values: Floats) -> Floats:
        """What becomes of affected rows, (n, f) -> (n, columns)."""
        order = np.random.default_rng(_SEED).permutation(len(values))
        return values[order][:, list(self.columns)]

    def share(self, base: Crowd, hit: Crowd, later: Crowd) -> float:
        """By least squares in the agreement of its columns with the others."""
        wanted, whole = contrast(base, later).agreement, contrast(base, hit).agreement
        mine = np.zeros(len(wanted), dtype=np.bool_)
        mine[list(self.columns)] = True
        pairs = mine[:, None] & ~mine[None, :]
        below = float((whole[pairs] ** 2).sum())
        above = float((wanted[pairs] * whole[pairs]).sum())
        return min(max(above / below, 0.0), 1.0) if below > 0 else 0.0


def swaps(reference: Reference, column: int) -> Iterator[Fault]:
    """The column exchanged with each other one that it can have been taken for."""
    names = reference.features
    for other, feature in enumerate(names):
        if other != column and feature.is_numeric and names[column].is_numeric:
            pair = (min(column, other), max(column, other))
            yield Swapped("swapped_columns", pair)


def shuffles(found: Contrast) -> Iterator[Fault]:
    """Columns that no longer go together with others as they did, alone and two at once."""
    excess = np.maximum(found.pair_excess, found.pair_excess.T)
    lost = np.maximum(excess, 0).sum(1)
    order = [int(at) for at in np.argsort(-lost, kind="stable") if lost[at] > 0][:4]
    for at in order:
        yield Shuffled("shuffled_column", (at,))
    for size in (2, 3):
        if len(order) >= size:
            columns = tuple(sorted(order[:size]))
            yield Shuffled("shuffled_column", columns, weight=0.97)
