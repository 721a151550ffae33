"""What the views that name every feature are made of."""

from collections.abc import Iterator, Sequence

from psycopg2 import sql

from contract.feature import Feature
from contract.schema import DataSetSchema

NO_NUMBER = "NULL::double precision"

# avg() also sums squares, and fails where these overflow.
_AVERAGED = 1e140

# Of a query with its groups; a view has as many columns at most.
_MOST_TARGETS = 1600
_KEYS = 3


def parts(schema: DataSetSchema, *, columns: int) -> Iterator[list[tuple[int, Feature]]]:
    """The features with their numbers, as many together as one query has room for."""
    features, most = list(enumerate(schema.features)), (_MOST_TARGETS - _KEYS) // columns
    for start in range(0, len(features), most):
        yield features[start : start + most]


def as_number(feature: Feature) -> str | None:
    """The value as a number, in SQL with a place for the {column}; None where it is none."""
    if feature.kind == "boolean":
        return "{column}::integer"
    return "{column}" if feature.is_numeric else None


def mean(feature: Feature) -> str:
    """The mean of the feature's values, in the same form."""
    value = as_number(feature)
    if value is None:
        return NO_NUMBER
    if feature.is_numeric and max(map(abs, feature.bounds)) > _AVERAGED:
        return "sum({column}) / count({column})"
    return f"avg({value})::double precision"


def lines(parts: Sequence[sql.Composed]) -> sql.Composed:
    """The parts of a list, one to a line."""
    return sql.SQL(",\n        ").join(parts)
