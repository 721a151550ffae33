"""The declaration of a data set, from which everything that knows a column is derived."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from contract import stored_json
from contract.digest import canonical_json
from contract.text import Line, Name

Kind = Literal["integer", "float"]

# PostgreSQL's integer; a count beyond it could be answered but not logged.
INTEGER_LIMIT = 2**31 - 1
# Far under the 1600 columns that PostgreSQL's tables can have.
_MAX_FEATURES = 1000
_MAX_CODES = 100

# What a declaration is read by is its own types: nothing is converted, nothing may be surplus.
_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

# An integer stays one, so that what is read is written again byte for byte.
Number = Annotated[int | float, Field(ge=-1e300, le=1e300)]

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
# PostgreSQL cuts longer identifiers.
_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,62}")


class SchemaError(Exception):
    """The declaration contradicts itself or is of an unknown form."""


@dataclass(frozen=True, slots=True)
class RatioOf:
    """A ratio to `feature` where that is present and above `above`; elsewhere an amount."""

    __pydantic_config__ = _STRICT

    feature: Line
    above: Number


@dataclass(frozen=True, slots=True)
class Feature:
    """One input of the model.

    `minimum` and `maximum` bound what is *possible*, not what was seen in training: a value outside
    is refused. `missing_codes` are values that the source uses to say "unknown"; preprocessing
    treats them as missing, the log keeps them as received.
    """

    __pydantic_config__ = _STRICT

    name: Line
    kind: Kind
    nullable: bool
    minimum: Number
    maximum: Number
    unit: Line
    description: Line
    example: Number
    missing_codes: Annotated[tuple[Number, ...], Field(max_length=_MAX_CODES)] = ()
    ratio_of: RatioOf | None = None

    @property
    def column(self) -> str:
        """Name of the feature's column in SQL."""
        return snake_case(self.name)

    @property
    def allowed(self) -> str:
        """What a value must be, in words, for people who sent another one."""
        kind = "an integer" if self.kind == "integer" else "a number"
        null = ", or null" if self.nullable else ""
        return f"{kind} from {self.minimum:,.0f} to {self.maximum:,.0f}{null}"

    def accepts(self, value: float | None) -> bool:
        """Whether `value` is possible."""
        if value is None:
            return self.nullable
        in_range = self.minimum <= value <= self.maximum
        return in_range and (self.kind == "float" or float(value).is_integer())

    def contradictions(self) -> Iterator[str]:
        """What no declaration may say of a feature."""
        if not _COLUMN.fullmatch(self.column):
            yield f"{self.name} makes no name of a column, of 1 to 63 letters and digits"
        if ":" in self.name:
            yield f"{self.name} holds a colon, see RequestModel"
        if self.kind == "integer" and max(abs(self.minimum), self.maximum) > INTEGER_LIMIT:
            yield f"{self.name} exceeds a 32-bit integer"
        if not self.accepts(self.example):
            yield f"the example of {self.name} is out of its range"


@dataclass(frozen=True, slots=True)
class Target:
    """The label: 1 is the event that the probability speaks of."""

    __pydantic_config__ = _STRICT

    name: Line
    description: Line


@dataclass(frozen=True, slots=True)
class DataSetSchema:
    """A data set: its features in the order of the model's columns, and its target.

    `key` prefixes version ids; `version` is raised whenever a feature changes, since the log
    keeps it in every row as `schema_version`.
    """

    __pydantic_config__ = _STRICT

    key: Name
    version: Annotated[int, Field(ge=0, le=INTEGER_LIMIT)]
    title: Line
    features: Annotated[tuple[Feature, ...], Field(min_length=1, max_length=_MAX_FEATURES)]
    target: Target

    def __post_init__(self) -> None:
        columns = [feature.column for feature in self.features]
        if len(set(columns)) != len(columns):
            raise SchemaError(f"{self.key}: two features share a column name")
        for feature in self.features:
            for problem in feature.contradictions():
                raise SchemaError(f"{self.key}: {problem}")
            if feature.ratio_of and feature.ratio_of.feature not in self.names:
                raise SchemaError(f"{self.key}: {feature.name} is a ratio of an unknown feature")

    @property
    def id(self) -> str:
        """Name and version in one, as the log writes it."""
        return f"{self.key}/{self.version}"

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names, in order."""
        return tuple(feature.name for feature in self.features)

    @property
    def example(self) -> dict[str, float | int]:
        """A valid request."""
        return {
            feature.name: int(feature.example) if feature.kind == "integer" else feature.example
            for feature in self.features
        }

    def to_json(self) -> bytes:
        """The declaration as the canonical JSON of `schema.json`."""
        return canonical_json(asdict(self))

    @classmethod
    def from_json(cls, document: bytes) -> "DataSetSchema":
        """Read what `to_json` wrote.

        Raises SchemaError where the document is not a declaration.
        """
        try:
            content = stored_json.read(document)
            schema = _description().validate_json(document)
        except ValidationError as error:
            reason = stored_json.complaint(error)
            raise SchemaError(f"not a data set declaration: {reason}") from error
        except ValueError as error:
            raise SchemaError(f"not a data set declaration: {error}") from error
        if content != stored_json.read(schema.to_json()):
            raise SchemaError("not a data set declaration: it lacks what has a default")
        return schema


def snake_case(name: str) -> str:
    """`NumberOfTimes90DaysLate` as `number_of_times_90_days_late`."""
    return "_".join(_WORD.findall(name)).lower()


@cache
def _description() -> TypeAdapter[DataSetSchema]:
    """Made at its first use: who only writes a declaration need not wait for it."""
    return TypeAdapter(DataSetSchema)
