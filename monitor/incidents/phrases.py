"""Parts of sentences about incidents: shares, sizes, cases, times."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from diagnosis.rows import KEYLESS
from monitor.incidents.stream import Stream
from monitor.page.filters import NO_KEY
from monitor.page.words import day, number, some

ANONYMOUS = "callers without a key"
_KEYLESS = frozenset({"", KEYLESS})
"""What the caller of rows that came without a key is called in the name of a stream."""
MISSING = "missing"

_WORDS = {
    "<": "below {}",
    "<=": "of {} or less",
    ">": "above {}",
    ">=": "of {} or more",
    "≥": "of {} or more",
    "=": "of {}",
}
_BETWEEN = re.compile(r"from (.+) to (.+)")
_SIGNED = re.compile(r"(<=|>=|≥|<|>|=) ?(.+)")
_EXACT = 0.995
"""A share of the rows from which on it is all of them."""
_LARGE, _SMALL = 2.0, 0.5


def part(value: float, *, fine: bool = False) -> str:
    """A share in as many digits as a sentence bears: 3.7%, 41%; one more where `fine`."""
    percent = 100 * value
    if 0 < percent < 0.01:
        return "less than 0.01%"
    if percent in {0, 100}:
        return f"{percent:.0f}%"
    if 99 <= percent < 100:
        return f"{number(min(percent, 99.9))}%"
    return f"{number(percent, 3 if fine else 2)}%"


def parts(before: float, after: float) -> tuple[str, str]:
    """Two shares, told apart by their digits where they can be."""
    coarse = part(before), part(after)
    return coarse if coarse[0] != coarse[1] else (part(before, fine=True), part(after, fine=True))


def numbers(before: float, after: float) -> tuple[str, str]:
    """Two figures, told apart by their digits where they can be."""
    coarse = number(before), number(after)
    return coarse if coarse[0] != coarse[1] else (number(before, 5), number(after, 5))


def value(text: str, digits: int = 6) -> str:
    """A number as the page writes it; another text as it is."""
    try:
        return number(float(text), digits)
    except (ValueError, OverflowError):
        return text


def test(stream: Stream) -> str:
    """What an indicator asks of a value: missing, 98, below 32."""
    if stream.sign == "=":
        return MISSING if stream.value == MISSING else value(stream.value)
    sign = {"<": "below", "<=": "at most", ">": "above", ">=": "at least"}[stream.sign]
    said = f"{sign} {value(stream.value, 6 if stream.beyond else 3)}"
    if not stream.beyond:
        return said
    return f"{said}, the {'least' if stream.sign == '<' else 'greatest'} of the held-out part,"


def caller(name: str) -> str:
    """A caller by name."""
    return NO_KEY if name in _KEYLESS else name


def condition(column: str, test: str) -> str:
    """Of age and `< 32`: with age below 32."""
    if column == "caller":
        return f"from {ANONYMOUS if test in _KEYLESS else test}"
    if test in {MISSING, f"= {MISSING}"}:
        return f"without {column}"
    name = "a score" if column == "score" else column
    if ends := _BETWEEN.fullmatch(test):
        return f"with {name} from {value(ends[1], 3)} to {value(ends[2], 3)}"
    found = _SIGNED.fullmatch(test)
    if found is None:
        return f"with {name} of {value(test)}" if test else f"with {name}"
    digits = 6 if found[1] == "=" else 3
    return f"with {name} " + _WORDS[found[1]].format(value(found[2], digits))


def cases(segment: Mapping[str, str] | None) -> str:
    """Of which cases: Cases with age below 32, from mobile; Cases, of all."""
    return " ".join(["Cases", *(condition(*each) for each in (segment or {}).items())])


def sender(segment: Mapping[str, str] | None) -> str:
    """Behind the name of a column: ` from mobile`, ` in rows with age below 32`; empty of all."""
    if not segment:
        return ""
    said = [condition(*each) for each in segment.items()]
    rows = "" if set(segment) == {"caller"} else "in rows "
    return f" {rows}{' '.join(said)}"


def affected(rows: float | None, of: str = "the") -> str:
    """` in 30% of the rows`; empty where it is all of them, or not known."""
    if rows is None or rows >= _EXACT:
        return ""
    return f" in {part(rows)} of {of} rows"


def too(factor: float) -> str:
    """12 times too high, 20% too low."""
    if factor >= _LARGE:
        return f"{number(factor)} times too high"
    if factor > 1:
        return f"{part(factor - 1)} too high"
    if factor > _SMALL:
        return f"{part(1 - factor)} too low"
    return f"{number(1 / factor)} times too low" if factor > 0 else "0"


def times(factor: float) -> str:
    """1.7 times, only 0.6 times."""
    return f"{'only ' if factor < 1 else ''}{number(factor)} times"


def between(low: datetime, high: datetime) -> str:
    """Between 7 May, 22:00 and 8 May, 06:00 UTC; empty of one moment."""
    low, high = low.astimezone(UTC), high.astimezone(UTC)
    if low >= high:
        return ""
    year = low.year != high.year
    begin = f"{day(low, year=year)}, {low:%H:%M}"
    end = f"{high:%H:%M}" if low.date() == high.date() else f"{day(high, year=year)}, {high:%H:%M}"
    return f"between {begin} and {end} UTC"


def lasting(length: timedelta) -> str:
    """How long, in hours up to two days."""
    hours = length / timedelta(hours=1)
    if hours < 1:
        return "less than an hour"
    if hours < 48:
        return some("hour", float(round(hours)))
    return some("day", float(round(hours / 24)))


def hours(many: float) -> str:
    """A delay: 5 hours, 21 days."""
    if many < 48:
        return f"{number(many)} {'hour' if many == 1 else 'hours'}"
    return f"{number(many / 24)} days"


def sentence(text: str, *, begins: bool = False) -> str:
    """The text with a full stop at its end, and a capital where it `begins` with no name."""
    said = text[:1].upper() + text[1:] if begins else text
    return said if said.endswith((".", "?", "!")) else f"{said}."
