"""One input of the model: its kind, what is possible for it, and its column in SQL."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from contract.text import Line

Kind = Literal["integer", "float", "boolean", "category"]

Value = float | str | None
"""A value as it was received: a number, text for a category, a bool for a boolean, or none."""

# PostgreSQL's integer; a count beyond it could be answered but not logged.
INTEGER_LIMIT = 2**31 - 1
# The trees keep a bin for each level, and a bin's number is a byte.
MAX_LEVELS = 254
# Characters of a category's value, also of one that no level names.
MAX_TEXT = 200
_MAX_CODES = 100
_SHOWN_LEVELS = 8

# What a declaration is read by is its own types: nothing is converted, nothing may be surplus.
STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

# An integer stays one, so that what is read is written again byte for byte.
Number = Annotated[int | float, Field(ge=-1e300, le=1e300)]
Level = Annotated[Line, StringConstraints(min_length=1, max_length=MAX_TEXT)]

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
# PostgreSQL cuts names of more than 63 bytes, and the views add an ending.
MISSING_ENDING = "_missing"
_COLUMN = re.compile(rf"[a-z][a-z0-9_]{{0,{62 - len(MISSING_ENDING)}}}")

_EVERY_KIND = frozenset({"name", "kind", "nullable", "description", "example"})
_NUMERIC = _EVERY_KIND | {"minimum", "maximum", "unit", "missing_codes", "ratio_of"}
_MEMBERS: dict[Kind, frozenset[str]] = {
    "integer": _NUMERIC,
    "float": _NUMERIC,
    "boolean": _EVERY_KIND,
    "category": _EVERY_KIND | {"levels", "unknown"},
}


@dataclass(frozen=True, slots=True)
class RatioOf:
    """A ratio to `feature` where that is present and above `above`; elsewhere an amount."""

    __pydantic_config__ = STRICT

    feature: Line
    above: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One input of the model.

    `minimum` and `maximum` bound what is *possible*, not what was seen in training: a value outside
    is refused. `missing_codes` are values that the source uses to say "unknown"; preprocessing
    treats them as missing, the log keeps them as received. `levels` are the values of a category
    that the model knows; `unknown` says whether another text is refused or taken as missing.
    `sql_name` is given where the name itself makes no column.
    """

    __pydantic_config__ = STRICT

    name: Annotated[Line, StringConstraints(min_length=1)]
    kind: Kind
    nullable: bool
    description: Line
    example: Number | bool | Level
    minimum: Number | None = None
    maximum: Number | None = None
    unit: Line = ""
    missing_codes: Annotated[tuple[Number, ...], Field(max_length=_MAX_CODES)] = ()
    ratio_of: RatioOf | None = None
    levels: Annotated[tuple[Level, ...], Field(max_length=MAX_LEVELS)] = ()
    unknown: Literal["refuse", "missing"] = "refuse"
    sql_name: Line | None = None

    @property
    def column(self) -> str:
        """Name of the feature's column in SQL."""
        return snake_case(self.name) if self.sql_name is None else self.sql_name

    @property
    def is_numeric(self) -> bool:
        """Whether its values are numbers."""
        return self.kind in {"integer", "float"}

    @property
    def bounds(self) -> tuple[int | float, int | float]:
        """The least and the greatest possible value of a numeric feature."""
        assert self.minimum is not None
        assert self.maximum is not None
        return self.minimum, self.maximum

    @property
    def allowed(self) -> str:
        """What a value must be, in words, for people who sent another one."""
        return self._kind_in_words() + (", or null" if self.nullable else "")

    def accepts(self, value: Value) -> bool:
        """Whether `value` is possible."""
        if value is None:
            return self.nullable
        if self.kind == "boolean":
            return isinstance(value, bool)
        if self.kind == "category":
            return isinstance(value, str) and self._takes_text(value)
        if isinstance(value, bool | str):
            return False
        low, high = self.bounds
        return low <= value <= high and (self.kind == "float" or float(value).is_integer())

    def to_dict(self) -> dict[str, Any]:
        """The members that the kind has, as schema.json holds them."""
        members = _MEMBERS[self.kind] | ({"sql_name"} if self.sql_name is not None else set())
        return {name: value for name, value in asdict(self).items() if name in members}

    def contradictions(self) -> Iterator[str]:
        """What no declaration may say of a feature."""
        if not is_column(self.column):
            yield (
                f"{self.name} makes no name of a column, of 1 to {63 - len(MISSING_ENDING)} small"
                " letters, digits and underscores: give it one as sql_name"
            )
        yield from self._surplus()
        if self.is_numeric:
            yield from self._contradictory_bounds()
        elif self.kind == "category" and not self.levels:
            yield f"{self.name} is a category without levels"
        elif len(set(self.levels)) < len(self.levels):
            yield f"{self.name} has a level twice"
        elif not self.accepts(self.example):
            yield f"the example of {self.name} must be {self.allowed}"

    def _surplus(self) -> Iterator[str]:
        for name in ("minimum", "maximum", "unit", "missing_codes", "ratio_of", "levels"):
            if name not in _MEMBERS[self.kind] and getattr(self, name) not in {None, (), ""}:
                yield f"{self.name} is of kind {self.kind}, which has no {name}"
        if self.kind != "category" and self.unknown != "refuse":
            yield f"{self.name} is of kind {self.kind}, which has no unknown"

    def _contradictory_bounds(self) -> Iterator[str]:
        if self.minimum is None or self.maximum is None:
            yield f"{self.name} needs a minimum and a maximum: what is possible, not what was seen"
            return
        if self.minimum > self.maximum:
            yield f"the minimum of {self.name} is above its maximum"
        elif self.kind == "integer" and max(abs(self.minimum), self.maximum) > INTEGER_LIMIT:
            yield f"{self.name} exceeds a 32-bit integer"
        elif not self.accepts(self.example):
            yield f"the example of {self.name} is out of its range"
        for code in self.missing_codes:
            if not self.accepts(code):
                yield (
                    f"the missing code {code} of {self.name} is out of its range, and would be"
                    " refused: widen the range to it"
                )

    def _takes_text(self, text: str) -> bool:
        if self.unknown == "refuse":
            return text in self.levels
        return is_storable(text)

    def _kind_in_words(self) -> str:
        match self.kind:
            case "boolean":
                return "true or false"
            case "category" if self.unknown == "missing":
                return f"a text of 1 to {MAX_TEXT} characters"
            case "category":
                named = ", ".join(f'"{level}"' for level in self.levels[:_SHOWN_LEVELS])
                more = len(self.levels) - _SHOWN_LEVELS
                return f"one of {named}" + (f" and {more} more" if more > 0 else "")
        low, high = self.bounds
        kind = "an integer" if self.kind == "integer" else "a number"
        return f"{kind} from {_shown(low)} to {_shown(high)}"


def is_column(name: str) -> bool:
    """Whether a feature's column in SQL can have the name."""
    return _COLUMN.fullmatch(name) is not None


def is_storable(text: str) -> bool:
    """Whether a category's text, known or not, can be logged.

    PostgreSQL stores no NUL, and half of a surrogate pair is no character.
    """
    if not 1 <= len(text) <= MAX_TEXT or "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def snake_case(name: str) -> str:
    """`NumberOfTimes90DaysLate` as `number_of_times_90_days_late`."""
    return "_".join(_WORD.findall(name)).lower()


def _shown(bound: float) -> str:
    """A bound as people write it, with nothing rounded away."""
    return f"{bound:,.0f}" if float(bound).is_integer() and abs(bound) < 1e15 else f"{bound:,}"
