"""Numbers and times as the page writes them."""

from datetime import UTC, date, datetime
from math import floor, log10

_MINUS = "\N{MINUS SIGN}"


def count(value: float) -> str:
    """8142 as 8,142."""
    return _signed(f"{value:,.0f}")


def share(value: float, places: int = 1) -> str:
    """0.0691 as 6.9%."""
    return _signed(f"{100 * value:.{places}f}%")


def points(value: float) -> str:
    """A difference of shares: 0.032 as 3.2 points."""
    return _signed(f"{100 * value:.1f}") + " points"


def number(value: float, digits: int = 3) -> str:
    """To three significant digits, but whole digits are never rounded away: 0.167, 5,417."""
    if value == 0:
        return "0"
    places = max(0, digits - 1 - floor(log10(abs(value))))
    text = f"{value:,.{min(places, 8)}f}"
    return _signed(text.rstrip("0").rstrip(".") if "." in text else text)


def seconds(value: float) -> str:
    """A length of time with its unit: 0.25 s, 5 min, 6 h, 3 days."""
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if value >= 2 * size or (value >= size and unit != "days"):
            return f"{number(value / size, 2)} {unit}"
    return f"{number(value, 2)} s"


def when(moment: datetime) -> str:
    """2 Jul 2026, 00:00 UTC."""
    moment = moment.astimezone(UTC)
    return f"{day(moment, year=True)}, {moment:%H:%M} UTC"


def day(moment: date, *, year: bool = False) -> str:
    """2 Jul, or 2 Jul 2026."""
    return f"{moment.day} {moment:%b}" + (f" {moment.year}" if year else "")


def iso(moment: datetime) -> str:
    """A time as an address has it: 2026-07-02T00:00Z."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M}Z"


def some(noun: str, many: float, plural: str = "") -> str:
    """1 row, 2 rows."""
    return f"{count(many)} {noun if many == 1 else plural or noun + 's'}"


def listed(names: list[str], most: int = 4) -> str:
    """a, b and c."""
    shown = names[:most] + ([f"{len(names) - most} more"] if len(names) > most else [])
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else ""


def _signed(text: str) -> str:
    return text.replace("-", _MINUS)
