"""Which hours of the log are read for a sample, and which share of their rows is taken."""

from collections.abc import Sequence
from math import gcd
from typing import NamedTuple

MOST_READ = 500_000
"""Rows that are read for one sample, unless the hours that are read become too few."""

_FEWEST_HOURS = 24
# A stride that shares no factor with a day, a week, or five days of seven: no hour of these is
# passed over again and again.
_CYCLES = 2 * 3 * 5 * 7


class Filled(NamedTuple):
    """An hour with rows: how many there are to be read, and how many of them are wanted."""

    hour: int
    rows: int
    wanted: int


class Draw(NamedTuple):
    """Hours, and the share of the wanted rows in them that the sample has."""

    hours: tuple[int, ...]
    share: float


def draw(filled: Sequence[Filled], most: int) -> Draw:
    """Hours spread evenly over those with wanted rows; all of these where they are few.

    The same hours give the same draw, and no other rows change it.
    """
    hours = sorted(each for each in filled if each.wanted)
    stride = _stride(len(hours), sum(each.rows for each in hours))
    drawn = hours[stride // 2 :: stride]
    wanted = sum(each.wanted for each in drawn)
    return Draw(tuple(each.hour for each in drawn), min(1.0, most / wanted) if wanted else 1.0)


def _stride(hours: int, rows: int) -> int:
    """How far apart the hours are that are read."""
    wide = max(1, hours // _FEWEST_HOURS)
    least = -(-rows // MOST_READ)
    coprime = [width for width in range(1, wide + 1) if gcd(width, _CYCLES) == 1]
    return next((width for width in coprime if width >= least), coprime[-1] if coprime else 1)
