"""What chance alone does to a share, so that a difference in few rows is not taken for a change."""

from math import sqrt

_ERRORS = 4.0
"""Of some 250 shares the largest of all is seldom so many standard errors away by chance."""


def beyond_chance(before: float, after: float, rows: tuple[int, int]) -> float:
    """By how much two shares differ at least, beyond what chance explains; 0 where it explains all.

    rows: those behind each share; none behind the first where it is known without an error.
    """
    whole = rows[0] + rows[1]
    if not rows[1]:
        return 0.0
    together = (before * rows[0] + after * rows[1]) / whole if rows[0] else before
    parts = sum(1 / each for each in rows if each)
    error = sqrt(max(together * (1 - together), 1 / whole) * parts)
    return max(abs(after - before) - _ERRORS * error, 0.0)
