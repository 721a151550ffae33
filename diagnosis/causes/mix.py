"""Traffic mix: each caller sends the same people as ever, but not as many of them."""

from dataclasses import dataclass

import numpy as np

from diagnosis.causes.crowd import Crowd
from diagnosis.causes.sides import Sides, of_known
from diagnosis.rows import Floats

_SURE = 4.5
# The part of the tolerance from which a caller's share counts as moved.
_PART = 0.5
# One caller's fall is named where no other's rise comes near it.
_FELL = 1.4


@dataclass(frozen=True, slots=True, eq=False)
class Mix:
    """The callers' shares before and since, (callers,), and the sides with these taken back.

    moved: whether a share left its tolerance. base: rows of before, weighted to the later shares;
    later: without callers that did not come before. caller: whose share changed most.
    """

    before: Floats
    after: Floats
    moved: bool
    caller: int
    new: bool
    base: Crowd
    later: Crowd


def mix(sides: Sides, tolerance: float) -> Mix:
    """How the callers' shares changed, taken back."""
    one, two = _shares(sides.base, sides), _shares(sides.later, sides)
    error = np.sqrt(
        (one * (1 - one) + 1e-4) / max(sides.base.size, 1)
        + (two * (1 - two) + 1e-4) / max(sides.later.size, 1)
    )
    change = np.abs(two - one)
    moved = (change > _PART * tolerance) & (change > _SURE * error)
    rise, fall = two - one, one - two
    caller = int(np.argmax(rise if fall.max() < _FELL * rise.max() else fall))
    new = (one == 0) & (two > 0)
    if moved[new].any():
        caller = int(np.argmax(np.where(new, change, -1.0)))
    known = of_known(sides)
    ratio = np.where(one > 0, two / np.where(one > 0, one, 1.0), 0.0)
    base, later = sides.base, sides.later
    if moved.any():
        base = base.weighted(base.weights * ratio[base.callers])
        later = later.of(known) if known.sum() >= 1 else later
    return Mix(one, two, bool(moved.any()), caller, bool(new[caller]), base, later)


def _shares(crowd: Crowd, sides: Sides) -> Floats:
    counts = np.bincount(crowd.callers, crowd.weights, len(sides.names))
    found: Floats = counts / max(float(counts.sum()), 1e-300)
    return found
