"""A fault of the input: some columns of some rows are changed, whatever else is in these rows."""

import zlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from diagnosis.causes.contrast import contrast
from diagnosis.causes.crowd import Crowd
from diagnosis.finding import Cause
from diagnosis.rows import Floats, Mask, Places

# Fewer rows of a caller do not tell what share of its rows is affected.
_FEW = 200
_ALL = 0.93


@dataclass(frozen=True, slots=True, eq=False)
class Fault(ABC):
    """A change of `columns` (their places) that hits a share of each caller's rows at random."""

    cause: Cause
    columns: tuple[int, ...]
    parameters: dict[str, float] = field(default_factory=dict)
    weight: float = 1.0
    """How readily it is believed: an unusual form must explain more."""

    keeps_missing: ClassVar[bool] = False
    """Whether a missing value stays one, and so says nothing of the share that is hit."""

    @property
    def put(self) -> tuple[float, ...]:
        """The value that affected rows have in each column, none where it is not one value."""
        return ()

    @abstractmethod
    def change(self, values: Floats) -> Floats:
        """What becomes of affected rows, (n, f) -> (n, columns)."""

    def affected(self, crowd: Crowd) -> Crowd:
        """All rows as they are when the fault hits them."""
        everyone = np.ones(len(crowd), dtype=np.bool_)
        return crowd.changed(everyone, self.columns, self.change(crowd.values))

    def share(self, base: Crowd, hit: Crowd, later: Crowd) -> float:
        """The share of the rows that it hits, by least squares in the cells of its columns."""
        above = below = 0.0
        for column in self.columns:
            p, t, q = (self._cells(crowd, column) for crowd in (base, hit, later))
            scale = np.maximum((p + t + q) / 3, 1e-9)
            above += float(((q - p) * (t - p) / scale).sum())
            below += float(((t - p) ** 2 / scale).sum())
        return min(max(above / below, 0.0), 1.0) if below > 0 else 0.0

    def _cells(self, crowd: Crowd, column: int) -> Floats:
        shares = crowd.column_shares(column)
        if self.keeps_missing:
            return shares[1:] / max(float(shares[1:].sum()), 1e-300)
        return shares

    def shares(self, base: Crowd, later: Crowd, callers: int) -> Floats:
        """(callers,): the share of each caller's rows that it hits."""
        hit = self.affected(base)
        overall = self.share(base, hit, later)
        found = np.full(callers, overall)
        for caller in range(callers):
            mine, theirs = base.callers == caller, later.callers == caller
            if min(mine.sum(), theirs.sum()) >= _FEW:
                found[caller] = self.share(base.of(mine), hit.of(mine), later.of(theirs))
        # Chance in the cells makes a share of all rows look a little less.
        return np.where(found > _ALL, 1.0, found)

    def lay(self, base: Crowd, shares: Floats) -> Crowd:
        """The rows as they are when it hits these shares of the callers' rows."""
        chosen = drawn(base.callers, shares, repr((self.cause, self.columns)))
        return base.changed(chosen, self.columns, self.change(base.values[chosen]))


def drawn(callers: Places, shares: Floats, salt: str) -> Mask:
    """(n,): rows of each caller, its share of them, always the same for the same `salt`."""
    draw = np.random.default_rng(zlib.crc32(salt.encode()))
    order = draw.permutation(len(callers))
    chosen = np.zeros(len(callers), dtype=np.bool_)
    for caller, share in enumerate(shares):
        mine = order[callers[order] == caller]
        chosen[mine[: round(float(share) * len(mine))]] = True
    return chosen


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A fault with the shares of the callers' rows that it hits, and what its rows look like."""

    fault: Fault
    shares: Floats
    crowd: Crowd
    distance: float


def laid(fault: Fault, base: Crowd, later: Crowd, callers: int) -> Laid:
    """The fault laid upon `base`, its shares fitted to `later`, with the movement that is left."""
    shares = fault.shares(base, later, callers)
    crowd = fault.lay(base, shares)
    return Laid(fault, shares, crowd, contrast(crowd, later).distance)
