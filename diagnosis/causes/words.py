"""Figures and names as people say them."""

from collections.abc import Sequence

MINUS = "\N{MINUS SIGN}"


def percent(share: float) -> str:
    """A share of all."""
    shown = 100 * share
    return f"{shown:.1f}%" if 0 < abs(shown) < 10 else f"{shown:.0f}%"


def figure(value: float) -> str:
    """Up to three significant digits; whole numbers as they are."""
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{value:,.0f}".replace("-", MINUS)
    return f"{value:.3g}".replace("-", MINUS)


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""
