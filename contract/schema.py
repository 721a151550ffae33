"""The declaration of a data set, from which everything that knows a column is derived."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from contract import stored_json
from contract.digest import canonical_json
from contract.feature import INTEGER_LIMIT, MISSING_ENDING, STRICT, Feature, Value
from contract.reserved import RESERVED_COLUMNS
from contract.text import Line, Name
from contract.width import MAX_FEATURE_BYTES, feature_bytes

MAX_FEATURES = 1000


class SchemaError(Exception):
    """The declaration contradicts itself or is of an unknown form."""


@dataclass(frozen=True, slots=True)
class Target:
    """The label: 1 is the event that the probability speaks of."""

    __pydantic_config__ = STRICT

    name: Line
    description: Line


@dataclass(frozen=True, slots=True)
class DataSetSchema:
    """A data set: its features in the order of the model's columns, and its target.

    `key` prefixes version ids; `version` is raised whenever a feature changes, since the log
    keeps it in every row as `schema_version`.
    """

    __pydantic_config__ = STRICT

    key: Name
    version: Annotated[int, Field(ge=0, le=INTEGER_LIMIT)]
    title: Line
    features: Annotated[tuple[Feature, ...], Field(min_length=1, max_length=MAX_FEATURES)]
    target: Target

    def __post_init__(self) -> None:
        for problem in self._contradictions():
            raise SchemaError(f"{self.key}: {problem}")

    @property
    def id(self) -> str:
        """Name and version in one, as the log writes it."""
        return f"{self.key}/{self.version}"

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names, in order."""
        return tuple(feature.name for feature in self.features)

    @property
    def example(self) -> dict[str, Value]:
        """A valid request."""
        return {
            feature.name: int(feature.example) if feature.kind == "integer" else feature.example
            for feature in self.features
        }

    def to_dict(self) -> dict[str, Any]:
        """The declaration as `schema.json` holds it."""
        return {
            "key": self.key,
            "version": self.version,
            "title": self.title,
            "features": [feature.to_dict() for feature in self.features],
            "target": {"name": self.target.name, "description": self.target.description},
        }

    def to_json(self) -> bytes:
        """The declaration as the canonical JSON of `schema.json`."""
        return canonical_json(self.to_dict())

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

    def _contradictions(self) -> Iterator[str]:
        if len(self.features) > MAX_FEATURES:
            yield f"{len(self.features):,} features, and at most {MAX_FEATURES:,} can be logged"
        for name, count in Counter([*self.names, self.target.name]).items():
            if count > 1:
                yield f"{name} is there twice"
        yield from self._shared_columns()
        for feature in self.features:
            yield from feature.contradictions()
            if feature.column in RESERVED_COLUMNS:
                yield (
                    f"{feature.name} would be the column {feature.column}, a name that the log"
                    " keeps for itself: give it another one as sql_name"
                )
            if feature.ratio_of:
                yield from self._contradictory_ratio(feature, feature.ratio_of.feature)
        if (size := feature_bytes(self.features)) > MAX_FEATURE_BYTES:
            yield (
                f"a row of its {len(self.features):,} features can take {size:,} bytes, and the log"
                f" holds {MAX_FEATURE_BYTES:,} (8 for a float, 4 for an integer, 1 for a boolean,"
                f" up to 24 for a category, and what puts them in line): leave some out"
            )

    def _shared_columns(self) -> Iterator[str]:
        """Features that fall together in SQL, or with what the views derive from another one."""
        by_column: dict[str, str] = {}
        for feature in self.features:
            if other := by_column.get(feature.column):
                yield (
                    f"{other} and {feature.name} share a column name, {feature.column}: give one"
                    " of them another as sql_name"
                )
            by_column[feature.column] = feature.name
        for column, name in by_column.items():
            if other := by_column.get(column + MISSING_ENDING):
                yield (
                    f"{other} has the column name under which the views count the missing values"
                    f" of {name}: give it another as sql_name"
                )

    def _contradictory_ratio(self, feature: Feature, of: str) -> Iterator[str]:
        bases = {item.name for item in self.features if item.is_numeric}
        if of not in bases:
            yield f"{feature.name} is a ratio of an unknown feature, or of one that is no number"
        elif of == feature.name:
            yield f"{feature.name} is a ratio of itself"


@cache
def _description() -> TypeAdapter[DataSetSchema]:
    """Made at its first use: who only writes a declaration need not wait for it."""
    return TypeAdapter(DataSetSchema)
