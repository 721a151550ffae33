"""What a column is taken for: a feature of some kind, or one to be left out, and why."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contract.feature import INTEGER_LIMIT, MAX_LEVELS, MAX_TEXT
from contract.text import is_printable, shown
from trainer.draft.survey import MARKERS, MOST_DISTINCT, STRONG_MARKERS, ColumnSurvey

_TRUE = frozenset({"true", "yes", "t", "y"})
_FALSE = frozenset({"false", "no", "f", "n"})
_LONG = frozenset({"true", "yes", "false", "no"})

_KEY_NAME = re.compile(
    r"(^|[ _-])(id|key|uuid|guid|nr|no|number)$|[a-z](Id|ID|Key|Nr)$", re.IGNORECASE
)
_NEARLY_ALL = 0.95
_FEW_ROWS = 20
# A category must still say something of most rows when only its most frequent levels are kept.
_COVERED = 0.8
_LARGEST = 1e300
_CODES = (-1.0, -9.0, -99.0, -999.0, -9999.0, -99999.0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A column, as the draft declares it.

    members: of the feature, but for its names; None where the column is left out. notes: what a
    person should look at, by the member that it is about; warning: what nobody should miss. why:
    the reason for leaving it out. true, false: its words for them.
    """

    name: str
    members: dict[str, Any] | None
    notes: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    warning: str = ""
    true: tuple[str, ...] = ()
    false: tuple[str, ...] = ()


def markers_in(columns: Sequence[ColumnSurvey]) -> tuple[str, ...]:
    """The texts by which this table says "missing", the empty one first.

    "?" or "None" is one only where it stands among values that are all of another kind.
    """
    found = {""}
    for column in columns:
        found.update(marker for marker in STRONG_MARKERS if _holds(column, marker))
        others = column.odd
        if column.numbers and others is not None and set(others) <= MARKERS:
            found.update(others)
    return tuple(sorted(found))


def verdict_on(column: ColumnSurvey, markers: tuple[str, ...]) -> Verdict:
    """What the column is taken for."""
    odd = None if column.odd is None else Counter(column.odd)
    missing = 0
    for marker in markers if odd is not None else ():
        missing += odd.pop(marker, 0)  # type: ignore[union-attr]
    if column.counts is not None:
        missing = sum(column.counts[marker] for marker in markers)
    present = column.rows - missing
    if present == 0:
        return Verdict(column.name, None, why="holds no value")
    if column.is_time:
        return _time(column)
    if odd is not None and not odd:
        return _number(column, present, nullable=missing > 0)
    if column.times and column.distinct > 1:
        return _time(column)
    if column.counts is None:
        return _text(column, present)
    texts = Counter({text: n for text, n in column.counts.items() if text not in markers})
    return _words(column, texts, present, nullable=missing > 0)


def _number(column: ColumnSurvey, present: int, *, nullable: bool) -> Verdict:
    low, high = column.low, column.high
    if low == high:
        return Verdict(column.name, None, why=f"is always {_figure(low)}")
    if max(-low, high) > _LARGEST:
        return Verdict(column.name, None, why="holds numbers beyond what can be declared")
    notes = {}
    is_key = column.integers and _is_key(column, present)
    if is_key and (column.counts_up or _KEY_NAME.search(column.name)):
        why = "its values are nearly all distinct: an identifier? A case's own key is the reference"
        return Verdict(column.name, None, why=why)
    if is_key:
        notes["name"] = "nearly all distinct: an identifier? Then leave it out"
    integer = column.integers and max(-low, high) <= INTEGER_LIMIT
    if column.integers and not integer:
        notes["kind"] = "whole numbers beyond 32 bits: an identifier, a time?"
    minimum, maximum = possible_range(low, high, integer=integer)
    if {low, high} == {0.0, 1.0} and integer:
        notes["maximum"] = "0 or 1 in all rows"
    else:
        seen = f"seen were {_figure(low)} to {_figure(high)}"
        notes["maximum"] = f"{seen}: state what is possible, anything else is refused"
    if low in _CODES and low < 0 <= high:
        code = _figure(low)
        notes["minimum"] = f"does {code} stand for missing? Then missing_codes = [{code}]"
    members = {
        "kind": "integer" if integer else "float",
        "nullable": nullable,
        "minimum": minimum,
        "maximum": maximum,
        "example": int(column.typical) if integer else column.typical,
    }
    return Verdict(column.name, members, notes)


def possible_range(low: float, high: float, *, integer: bool) -> tuple[float, float]:
    """A range that is wide enough for what comes: ten times what was seen, in powers of ten."""
    largest = max(abs(low), abs(high))
    if integer and low >= 0 and high <= 1:
        return 0, 1
    bound = 10.0 ** (math.floor(math.log10(largest)) + 2) if largest >= 1e-290 else 1.0
    bound = min(bound, float(INTEGER_LIMIT) if integer else _LARGEST)
    minimum = 0.0 if low >= 0 else -bound
    if bound < 2**53:
        bound = int(bound) if bound.is_integer() else bound
        minimum = int(minimum) if float(minimum).is_integer() else minimum
    return minimum, bound


def _time(column: ColumnSurvey) -> Verdict:
    form = column.times[0] if column.times else None
    spelled = "ISO 8601" if form is None or column.is_time else form
    return Verdict(
        column.name,
        None,
        why=f"holds times ({spelled}), no inputs: is it --event-time or --outcome-time?",
    )


def _text(column: ColumnSurvey, present: int) -> Verdict:
    if column.is_distinct:
        why = "its values are nearly all distinct: an identifier, or free text"
    else:
        why = f"holds more than {MOST_DISTINCT:,} different texts, too many for levels"
    if column.numbers:
        why += f"; {column.numbers:,} of {present:,} are numbers"
    return Verdict(column.name, None, why=why)


def _words(column: ColumnSurvey, texts: "Counter[str]", present: int, *, nullable: bool) -> Verdict:
    if boolean := _boolean(column, texts, nullable=nullable):
        return boolean
    if len(texts) == 1:
        (only,) = texts
        return Verdict(column.name, None, why=f'is always "{shown(only)}"')
    if len(texts) >= max(_FEW_ROWS, _NEARLY_ALL * present):
        why = "its values are nearly all distinct: an identifier, or free text"
        return Verdict(column.name, None, why=why)
    ordered = sorted(texts.items(), key=lambda item: (-item[1], item[0]))
    levels = [text for text, _ in ordered if _can_be_level(text)][:MAX_LEVELS]
    covered = sum(texts[level] for level in levels)
    if covered < _COVERED * present:
        why = f"holds {len(texts):,} different texts, too many for levels: free text?"
        return Verdict(column.name, None, why=why)
    notes = {}
    if column.numbers:
        some = ", ".join(f'"{shown(text, 20)}"' for text, _ in ordered if text in _odd(column))[:80]
        notes["kind"] = f"{column.numbers:,} of {present:,} are numbers, others are not, as {some}"
    if complete := len(levels) == len(texts):
        notes["unknown"] = 'a text of no level is refused; "missing" would take it as missing'
    else:
        notes["unknown"] = f"of {len(texts):,} levels the {len(levels)} most frequent are above"
    members = {
        "kind": "category",
        "nullable": nullable,
        "levels": levels,
        "unknown": "refuse" if complete else "missing",
        "example": levels[0],
    }
    return Verdict(column.name, members, notes)


def _boolean(column: ColumnSurvey, texts: "Counter[str]", *, nullable: bool) -> Verdict | None:
    true = tuple(sorted(text for text in texts if text.lower() in _TRUE))
    false = tuple(sorted(text for text in texts if text.lower() in _FALSE))
    if len(true) + len(false) < len(texts):
        return None
    if not true or not false:
        if len(texts) > 1 or not {text.lower() for text in texts} <= _LONG:
            return None
        only = (*true, *false)[0]
        return Verdict(column.name, None, why=f'is always "{only}"')
    members = {"kind": "boolean", "nullable": nullable, "example": True}
    told = f"{', '.join(true)} is true, {', '.join(false)} is false; a request says true or false"
    return Verdict(column.name, members, {"kind": told}, true=true, false=false)


def _is_key(column: ColumnSurvey, present: int) -> bool:
    if present < _FEW_ROWS:
        return False
    if column.counts is None:
        return column.is_distinct
    return len(column.counts) >= _NEARLY_ALL * present


def _can_be_level(text: str) -> bool:
    return 1 <= len(text) <= MAX_TEXT and is_printable(text)


def _holds(column: ColumnSurvey, text: str) -> bool:
    return text in (column.odd or ()) or text in (column.counts or ())


def _odd(column: ColumnSurvey) -> "Counter[str]":
    return column.odd if column.odd is not None else Counter()


def _figure(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value!r}"
