"""Round numbers for the axes of values."""

from math import floor, log10


def rounded_up(value: float) -> float:
    """The next of 1, 2, 3, 4, 5, 6, 8, times a power of ten; 1 for nothing."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in (1, 2, 3, 4, 5, 6, 8, 10, 20) if step * power >= value)
