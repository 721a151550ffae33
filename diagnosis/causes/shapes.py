"""Other faults of one column that leave a trace: values cut off, or rounded."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from diagnosis.causes.crowd import Crowd
from diagnosis.causes.fault import Fault
from diagnosis.reference import Reference
from diagnosis.rows import Floats

_STEPS = (1.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1000.0)


@dataclass(frozen=True, slots=True, eq=False)
class Cut(Fault):
    """No value is below `low` or above `high`."""

    low: float = field(default=-np.inf)
    high: float = field(default=np.inf)
    keeps_missing: ClassVar[bool] = True

    def change(self, values: Floats) -> Floats:
        """What becomes of affected rows, (n, f) -> (n, columns)."""
        held = values[:, list(self.columns)]
        return np.where(np.isfinite(held), np.clip(held, self.low, self.high), held)


@dataclass(frozen=True, slots=True, eq=False)
class Rounded(Fault):
    """Values are multiples of a step: rounded, or cut down to it."""

    step: float = field(default=1.0)
    down: bool = field(default=False)
    keeps_missing: ClassVar[bool] = True

    def change(self, values: Floats) -> Floats:
        """What becomes of affected rows, (n, f) -> (n, columns)."""
        steps = values[:, list(self.columns)] / self.step
        found: Floats = (np.floor(steps) if self.down else np.round(steps)) * self.step
        return found


def proposals(reference: Reference, base: Crowd, later: Crowd, column: int) -> Iterator[Fault]:
    """The cuts and the steps that a column shows traces of."""
    if not reference.features[column].is_numeric:
        return
    one, two = (crowd.values[:, column] for crowd in (base, later))
    one, two = one[np.isfinite(one)], two[np.isfinite(two)]
    if not len(one) or not len(two):
        return
    high, low = float(two.max()), float(two.min())
    if (two == high).mean() > 2 * (one == high).mean() and (one > high).any():
        yield Cut("other_fault", (column,), {"highest": high}, weight=0.99, high=high)
    if (two == low).mean() > 2 * (one == low).mean() and (one < low).any():
        yield Cut("other_fault", (column,), {"lowest": low}, weight=0.99, low=low)
    for step in _STEPS:
        more = _multiples(two, step) - _multiples(one, step)
        if more > 0.02 and more > 4 / np.sqrt(min(len(one), len(two))):
            for down in (False, True):
                yield Rounded("other_fault", (column,), {"step": step}, 0.98, step, down)


def _multiples(values: Floats, step: float) -> float:
    return float((np.mod(values, step) == 0).mean())
