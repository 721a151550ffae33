"""The name of a stream taken apart: what was looked at, and of which cases."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_TEST = re.compile(r"(?P<what>.+?) (?P<sign><=|>=|<|>|=) (?P<value>.+)")
_BETWEEN = re.compile(r"(?P<what>.+?) (?P<value>from .+ to .+)")
_CALLER = "caller "
_BEYOND = ", beyond the reference"


@dataclass(frozen=True, slots=True)
class Stream:
    """As `MonthlyIncome = missing`, `observed/expected, age < 32` or `caller mobile`.

    what: a column, `score`, or the name of a figure; sign and value: the indicator's, empty where
    it is a figure. segment: the cases that are looked at, all of them where it is empty. beyond:
    whether the value is the least or the greatest of the held-out part.
    """

    what: str
    sign: str = ""
    value: str = ""
    segment: Mapping[str, str] = field(default_factory=dict)
    beyond: bool = False

    @classmethod
    def of(cls, name: str, columns: tuple[str, ...] = ()) -> "Stream":
        """Read a name; `columns` are those of the declaration, whose names may hold a comma."""
        beyond = name.endswith(_BEYOND)
        name = name.removesuffix(_BEYOND)
        first, _, rest = name.partition(", ")
        for column in columns:
            if name.startswith(f"{column} "):
                first, _, rest = _after(name, column)
        segment = dict(_condition(part) for part in rest.split(", ") if part)
        if first.startswith(_CALLER):
            return cls("caller", "=", first.removeprefix(_CALLER), segment)
        found = _TEST.fullmatch(first)
        if found is None:
            return cls(first, segment=segment)
        return cls(found["what"], found["sign"], found["value"], segment, beyond)


def _after(name: str, column: str) -> tuple[str, str, str]:
    """The same, parted at the first comma behind the column's name."""
    head, comma, rest = name[len(column) :].partition(", ")
    return column + head, comma, rest


def _condition(text: str) -> tuple[str, str]:
    """`age < 32` as age and `< 32`."""
    if text.startswith(_CALLER):
        return "caller", text.removeprefix(_CALLER)
    if found := _BETWEEN.fullmatch(text):
        return found["what"], found["value"]
    found = _TEST.fullmatch(text)
    if found is None:
        return text, ""
    sign = "" if found["sign"] == "=" else f"{found['sign']} "
    return found["what"], f"{sign}{found['value']}"
