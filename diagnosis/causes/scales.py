"""A column in another unit: a factor, a decimal slip, an offset, in all rows or in some."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from diagnosis.causes.crowd import Crowd
from diagnosis.causes.fault import Fault
from diagnosis.reference import Reference
from diagnosis.rows import Floats

# Between units, and of slips of a point or of a sign.
USUAL = (
    *(1000.0, 100.0, 10.0, 12.0, 4.0, 52.0, 7.0, 24.0, 30.0, 30.4375, 60.0, 365.25, 3600.0, 2.0),
    *(2.54, 1.609344, 2.20462, 3.28084, 0.3048, 1e6, 1024.0),
)
_USUAL = tuple(sorted({*USUAL, *(1 / each for each in USUAL)}))
_GRID = tuple(np.exp(np.arange(np.log(0.1), np.log(10.0), 0.06)))
# A factor as near to one that is usual is taken for it.
_NEAR = 0.03
# In a part of the rows a factor must change much to be told from a change of people.
_PLAIN_IN_PART = 1.45
_ROWS = 6_000


@dataclass(frozen=True, slots=True, eq=False)
class Scaled(Fault):
    """Values are multiplied by a factor, and moved by an offset."""

    factor: float = field(default=1.0)
    offset: float = field(default=0.0)
    keeps_missing: ClassVar[bool] = True

    def change(self, values: Floats) -> Floats:
        """What becomes of affected rows, (n, f) -> (n, columns)."""
        return values[:, list(self.columns)] * self.factor + self.offset


def proposals(reference: Reference, base: Crowd, later: Crowd, column: int) -> Iterator[Fault]:
    """The factor, and the offset, that suit a column best."""
    feature = reference.features[column]
    if not feature.is_numeric:
        return
    some = base.of(np.arange(0, len(base), max(len(base) // _ROWS, 1)))
    factors = [(k, 0.0) for k in (-1.0, *_USUAL, *_GRID, *_medians(base, later, column))]
    best = _best(some, later, column, factors)
    near = [(best[0] * k, 0.0) for k in (0.96, 0.97, 0.98, 0.99, 1.0, 1.01, 1.02, 1.03, 1.04)]
    factor = _snapped(_best(some, later, column, near)[0])
    if abs(factor - 1) > 0.005:
        yield Scaled("unit", (column,), {"factor": factor}, factor=factor)
    offsets = [(1.0, c) for c in _offsets(base, later, column, whole=feature.kind == "integer")]
    if offsets:
        offset = _best(some, later, column, offsets)[1]
        yield Scaled("unit", (column,), {"offset": offset}, weight=0.97, offset=offset)


def _snapped(factor: float) -> float:
    near = min(_USUAL, key=lambda usual: abs(np.log(abs(factor) / usual)))
    if abs(np.log(abs(factor) / near)) < _NEAR:
        return float(np.copysign(near, factor))
    return float(factor)


def _medians(base: Crowd, later: Crowd, column: int) -> Iterator[float]:
    """Ratios of the two sides' quantiles: the factor, where all rows have it."""
    one, two = (_present(crowd, column) for crowd in (base, later))
    if len(one) and len(two):
        for level in (0.25, 0.5, 0.75):
            low, high = float(np.quantile(one, level)), float(np.quantile(two, level))
            if low * high > 0:
                yield high / low


def _offsets(base: Crowd, later: Crowd, column: int, *, whole: bool) -> list[float]:
    one, two = (_present(crowd, column) for crowd in (base, later))
    if not len(one) or not len(two):
        return []
    levels = np.arange(1, 10) / 10
    found = np.quantile(two, levels) - np.quantile(one, levels)
    found = np.unique(np.round(found) if whole else np.append(found, np.median(found)))
    return [float(each) for each in found if each != 0]


def _present(crowd: Crowd, column: int) -> Floats:
    values: Floats = crowd.values[:, column]
    return values[np.isfinite(values)]


def _best(
    base: Crowd, later: Crowd, column: int, tried: list[tuple[float, float]]
) -> tuple[float, float]:
    """The factor and offset after which the least movement of the column is left."""
    p, q = (_of_present(crowd.column_shares(column)) for crowd in (base, later))
    scale = np.maximum((p + q) / 2, 1 / (len(base) + len(later)))
    start = base.partition.cells_of(column).start
    left = []
    for factor, offset in tried:
        moved = base.partition.column_places(column, base.values[:, column] * factor + offset)
        t = _of_present(np.bincount(moved - start, base.weights, len(p) + 1).astype(np.float64))
        below = float(((t - p) ** 2 / scale).sum())
        share = float(((q - p) * (t - p) / scale).sum()) / below if below > 0 else 0.0
        plain = abs(np.log(abs(factor))) > np.log(_PLAIN_IN_PART)
        share = min(max(share, 0.0), 1.0) if plain else 1.0
        rest = (q - p - share * (t - p)) ** 2 / np.maximum(p + share * (t - p) + q, 1e-4)
        left.append(float(rest.sum()))
    return tried[int(np.argmin(left))]


def _of_present(counts: Floats) -> Floats:
    """Shares of the rows that have a value: no other unit changes how many have none."""
    found: Floats = counts[1:] / max(float(counts[1:].sum()), 1e-300)
    return found
