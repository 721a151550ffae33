"""Figures of the ladder as people read them."""

from collections.abc import Iterable

from retraining.ladder.option import Interval, Rung

OF_RUNG: dict[Rung, str] = {
    "nothing": "doing nothing",
    "threshold": "another threshold",
    "intercept": "another intercept",
    "slope": "another intercept and slope",
    "refit": "the model trained anew",
}


def amount(value: float, unit: str) -> str:
    """An amount in its unit, in three or more digits."""
    size = abs(value)
    digits = 0 if size >= 100 or value == 0 else 2 if size >= 1 else 4
    return f"{value:,.{digits}f} {unit}"


def between(interval: Interval, unit: str) -> str:
    """An estimate and its bounds."""
    lower, upper = (amount(value, "").strip() for value in (interval.lower, interval.upper))
    return f"{amount(interval.estimate, unit)} (from {lower} to {upper})"


def named(rungs: Iterable[Rung]) -> str:
    """Rungs in a row, as a sentence names them."""
    words = [OF_RUNG[rung] for rung in rungs]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def sentence(text: str) -> str:
    """The same with a capital at its start."""
    return text[:1].upper() + text[1:]
