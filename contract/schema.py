"""The declaration of a data set, from which everything that knows a column is derived."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from contract.digest import canonical_json

Kind = Literal["integer", "float"]

# PostgreSQL's integer; a count beyond it could be answered but not logged.
INTEGER_LIMIT = 2**31 - 1

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")


class SchemaError(Exception):
    """The declaration contradicts itself or is of an unknown form."""


@dataclass(frozen=True, slots=True)
class RatioOf:
    """A ratio to `feature` where that is present and above `above`; elsewhere an amount."""

    feature: str
    above: float


@dataclass(frozen=True, slots=True)
class Feature:
    """One input of the model.

    `minimum` and `maximum` bound what is *possible*, not what was seen in training: a value outside
    is refused. `missing_codes` are values that the source uses to say "unknown"; preprocessing
    treats them as missing, the log keeps them as received.
    """

    name: str
    kind: Kind
    nullable: bool
    minimum: float
    maximum: float
    unit: str
    description: str
    example: float
    missing_codes: tuple[float, ...] = ()
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


@dataclass(frozen=True, slots=True)
class Target:
    """The label: 1 is the event that the probability speaks of."""

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class DataSetSchema:
    """A data set: its features in the order of the model's columns, and its target.

    `key` prefixes version ids; `version` is raised whenever a feature changes, since the log
    keeps it in every row as `schema_version`.
    """

    key: str
    version: int
    title: str
    features: tuple[Feature, ...]
    target: Target

    def __post_init__(self) -> None:
        columns = [feature.column for feature in self.features]
        if len(set(columns)) != len(columns):
            raise SchemaError(f"{self.key}: two features share a column name: {sorted(columns)}")
        for feature in self.features:
            if ":" in feature.name:
                raise SchemaError(f"{self.key}: {feature.name} holds a colon, see RequestModel")
            if not feature.minimum <= feature.example <= feature.maximum:
                raise SchemaError(f"{self.key}: the example of {feature.name} is out of its range")
            if feature.kind == "integer" and feature.maximum > INTEGER_LIMIT:
                raise SchemaError(f"{self.key}: {feature.name} exceeds a 32-bit integer")
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
            fields: dict[str, Any] = json.loads(document)
            features = tuple(_feature(item) for item in fields.pop("features"))
            return cls(features=features, target=Target(**fields.pop("target")), **fields)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise SchemaError(f"not a data set declaration: {error}") from error


def snake_case(name: str) -> str:
    """`NumberOfTimes90DaysLate` as `number_of_times_90_days_late`."""
    return "_".join(_WORD.findall(name)).lower()


def _feature(fields: Mapping[str, Any]) -> Feature:
    ratio_of = fields["ratio_of"]
    return Feature(
        **{
            **fields,
            "missing_codes": tuple(fields["missing_codes"]),
            "ratio_of": RatioOf(**ratio_of) if ratio_of else None,
        }
    )
