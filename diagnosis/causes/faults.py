"""Finds the faults that together take a movement back, one after the other."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from diagnosis.causes import places, points, scales, shapes
from diagnosis.causes.contrast import Contrast, contrast
from diagnosis.causes.crowd import Crowd
from diagnosis.causes.fault import Fault, Laid, laid
from diagnosis.reference import Reference

# More faults at once are a story that fits anything.
_MOST_FAULTS = 4
# A further fault must take back so much of what the ones before it left.
_WORTH = 0.3
_MOST_COLUMNS = 6
_MUCH = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Faults:
    """Faults that were fitted one upon the other; before: the movement without any."""

    found: tuple[Laid, ...]
    before: Contrast
    left: Contrast

    @property
    def explains(self) -> float:
        """The share of the movement of their columns that they take back."""
        return self.taken_back(self.left)

    def taken_back(self, left: Contrast) -> float:
        """The share that is gone where so much is left."""
        columns = sorted({column for each in self.found for column in each.fault.columns})
        before, after = self.before.distances[columns], left.distances[columns]
        if not self.before.moved():
            before, after = np.array([self.before.disagreement]), np.array([left.disagreement])
        whole = float(np.maximum(before, 0).sum())
        gone = 1 - float(np.maximum(after, 0).sum()) / whole if whole > 0 else 0.0
        return min(max(gone, 0.0), 1.0)

    def explained_by(self, one: Laid) -> float:
        """The share of the movement that one of them takes back."""
        if len(self.found) == 1:
            return self.explains
        before = whole = self.before.distance
        for each in self.found:
            if each is one:
                return min(max((before - each.distance) / max(whole, 1e-12), 0.0), 1.0)
            before = each.distance
        return 0.0


def find(reference: Reference, base: Crowd, later: Crowd, callers: int) -> Faults:
    """The faults that take the movement from `base` to `later` back best."""
    start = left = contrast(base, later)
    found: list[Laid] = []
    while len(found) < _MOST_FAULTS and not (left.is_quiet() if found else left.is_still):
        best = _best(reference, base, later, callers, left)
        if best is None or best.distance > (1 - _WORTH) * left.distance:
            break
        found.append(best)
        base, left = best.crowd, contrast(best.crowd, later)
    return Faults(tuple(found), start, left)


def settled(one: Laid, base: Crowd, later: Crowd) -> Laid:
    """The same, or the fault that looks most like it, by all rows since the change."""
    fault = points.settled(one.fault, base, later)
    return one if fault is one.fault else replace(one, fault=fault)


def likely(
    reference: Reference, base: Crowd, later: Crowd, callers: int, left: Contrast
) -> tuple[tuple[Laid, float], ...]:
    """The best fault of each kind, with the share of the movement it takes back, if it is much."""
    best: dict[str, tuple[Laid, float]] = {}
    for fault in _proposals(reference, base, later, left):
        found = laid(fault, base, later, callers)
        gone = Faults((found,), left, left).taken_back(contrast(found.crowd, later))
        known = best.get(fault.cause)
        if gone > _MUCH and (known is None or gone > known[1]):
            best[fault.cause] = found, gone
    return tuple(best.values())


def again(faults: Faults, base: Crowd, later: Crowd, callers: int) -> Faults:
    """The same faults laid upon `base`, only their shares fitted to other rows."""
    start = contrast(base, later)
    found: list[Laid] = []
    for each in faults.found:
        found.append(laid(each.fault, base, later, callers))
        base = found[-1].crowd
    return Faults(tuple(found), start, contrast(base, later))


def _best(
    reference: Reference, base: Crowd, later: Crowd, callers: int, left: Contrast
) -> Laid | None:
    tried = [laid(f, base, later, callers) for f in _proposals(reference, base, later, left)]
    if not tried:
        return None
    gains = [(left.distance - each.distance) * each.fault.weight for each in tried]
    return tried[int(np.argmax(gains))]


def _proposals(reference: Reference, base: Crowd, later: Crowd, left: Contrast) -> Iterator[Fault]:
    seen: set[tuple[object, ...]] = set()
    for fault in _all(reference, base, later, left):
        key = (type(fault), fault.columns, *fault.parameters.items())
        if key not in seen:
            seen.add(key)
            yield fault


def _all(reference: Reference, base: Crowd, later: Crowd, left: Contrast) -> Iterator[Fault]:
    moved = left.moved()[:_MOST_COLUMNS]
    for column in moved:
        for kind in (points, scales, shapes):
            yield from kind.proposals(reference, base, later, column)
        yield from places.swaps(reference, column)
    yield from places.shuffles(left)
