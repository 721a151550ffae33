"""Faults that put one value in the place of many: missing, stuck, a code, an imputed value."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from diagnosis.causes.crowd import Crowd
from diagnosis.causes.fault import Fault
from diagnosis.finding import Cause
from diagnosis.reference import Reference
from diagnosis.rows import Floats, Mask

_MOST_VALUES = 3
# Values that appear in the same rows by so large a part were put there together.
_TOGETHER = 0.7
_SURE = 3.0
_LIKELY = 2.0
_LEAST = 0.003


@dataclass(frozen=True, slots=True, eq=False)
class Point(Fault):
    """Its columns have these values, NaN where they are missing."""

    values: tuple[float, ...] = field(default=())

    @property
    def put(self) -> tuple[float, ...]:
        """The value that affected rows have in each column."""
        return self.values

    def change(self, values: Floats) -> Floats:
        """What becomes of affected rows, (n, f) -> (n, columns)."""
        return np.tile(np.array(self.values), (len(values), 1))


@dataclass(frozen=True, slots=True, eq=False)
class Overwritten(Point):
    """The same, where a value was there; what was missing still is."""

    keeps_missing: ClassVar[bool] = True

    def change(self, values: Floats) -> Floats:
        """What becomes of affected rows, (n, f) -> (n, columns)."""
        held = values[:, list(self.columns)]
        return np.where(np.isnan(held), np.nan, np.array(self.values))


@dataclass(frozen=True, slots=True, eq=False)
class Imputed(Fault):
    """A missing value is filled with this one."""

    value: float = field(default=np.nan)

    @property
    def put(self) -> tuple[float, ...]:
        """The value that affected rows have."""
        return (self.value,)

    def change(self, values: Floats) -> Floats:
        """What becomes of affected rows, (n, f) -> (n, columns)."""
        held = values[:, list(self.columns)]
        return np.where(np.isnan(held), self.value, held)


def proposals(reference: Reference, base: Crowd, later: Crowd, column: int) -> Iterator[Fault]:
    """Values of a column that became frequent, alone or with those of other columns."""
    lost_missing = _gain(base, later, column, np.nan, _LIKELY) < 0
    for value, gain in _gained(base, later, column):
        if lost_missing and not np.isnan(value):
            yield Imputed("imputed", (column,), {"value": value}, value=value)
        point = _point(reference, base, (column,), (value,))
        yield point
        if not np.isnan(value) and np.isnan(base.values[:, column]).any():
            yield Overwritten(point.cause, (column,), point.parameters, values=(value,))
        together = [(column, value), *_companions(base, later, column, value, gain)]
        if len(together) > 1:
            together.sort()
            columns, values = zip(*together, strict=True)
            yield _point(reference, base, columns, values)


def settled(fault: Fault, base: Crowd, later: Crowd) -> Fault:
    """The fault, or the other of two that look alike: a value put for all, or for none.

    Which of them it is shows in the share of missing values, for which more rows are better.
    """
    if len(fault.put) != 1:
        return fault
    imputed = isinstance(fault, Imputed)
    (column,), (value,) = fault.columns, fault.put
    if np.isnan(value) or not np.isnan(base.values[:, column]).any():
        return fault
    gain = _gain(base, later, column, value, 0.0)
    lost = -_gain(base, later, column, np.nan, 0.0)
    if not imputed and lost > 0.5 * gain:
        return Imputed("imputed", (column,), {"value": value}, value=value)
    if imputed and lost < 0.5 * gain:
        return Overwritten("stuck", (column,), {"value": value}, values=(value,))
    return fault


def _point(
    reference: Reference, base: Crowd, columns: tuple[int, ...], values: tuple[float, ...]
) -> Point:
    named = {_kind(reference, base, c, v) for c, v in zip(columns, values, strict=True)}
    cause: Cause = named.pop() if len(named) == 1 else "code"
    shown = {} if cause == "missing" else {"value": values[0]}
    return Point(cause, columns, shown, values=values)


def _kind(reference: Reference, base: Crowd, column: int, value: float) -> Cause:
    """A code is declared as one, or lies apart from nearly all values; else the column is stuck."""
    feature = reference.features[column]
    if np.isnan(value):
        return "missing"
    if not feature.is_numeric:
        return "code" if np.isinf(value) else "stuck"
    if value in {float(code) for code in feature.missing_codes}:
        return "code"
    known = base.values[:, column]
    known = known[np.isfinite(known)]
    if not len(known):
        return "stuck"
    low, high = np.quantile(known, [0.002, 0.998])
    return "code" if value < low or value > high else "stuck"


def _gained(base: Crowd, later: Crowd, column: int) -> list[tuple[float, float]]:
    """Values whose share rose beyond chance, with by how much; those that rose most first."""
    profile = base.partition.profiles[column]
    levels = [float(at) for at in range(len(profile.levels))]
    unknown = [np.inf] if profile.kind == "category" else []
    found = []
    for value in (np.nan, *profile.atoms, *levels, *unknown):
        gain = _gain(base, later, column, value)
        if gain > _LEAST:
            found.append((value, gain))
    found.sort(key=lambda pair: -pair[1])
    return found[:_MOST_VALUES]


def _gain(base: Crowd, later: Crowd, column: int, value: float, sure: float = _SURE) -> float:
    """By how much the share of a value rose, 0 where that may be chance."""
    one, two = (has(crowd.values[:, column], value) for crowd in (base, later))
    p = float((one * base.weights).sum() / base.weights.sum())
    q = float((two * later.weights).sum() / later.weights.sum())
    error = np.sqrt((p * (1 - p) + 1e-4) / base.size + (q * (1 - q) + 1e-4) / later.size)
    return q - p if abs(q - p) > sure * error else 0.0


def _companions(
    base: Crowd, later: Crowd, column: int, value: float, gain: float
) -> Iterator[tuple[int, float]]:
    """Values of other columns that became frequent in the very rows that have this one.

    gain: by how much the share of this one rose.
    """
    before, after = (has(crowd.values[:, column], value) for crowd in (base, later))
    for other in range(len(base.partition.profiles)):
        if other == column:
            continue
        for second, its_gain in _gained(base, later, other):
            both_after = after & has(later.values[:, other], second)
            both_before = before & has(base.values[:, other], second)
            if both_after.mean() - both_before.mean() > _TOGETHER * max(gain, its_gain):
                yield other, second
                break


def has(values: Floats, value: float) -> Mask:
    """(n,) -> (n,): which are this one, NaN where none is there."""
    found: Mask = np.isnan(values) if np.isnan(value) else values == value
    return found
