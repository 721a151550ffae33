"""The rows that the api has to score as the trainer did: the edges of what is possible."""

import warnings
from collections.abc import Iterator

import numpy as np

from contract.feature import Feature, Value
from contract.preprocessing import Matrix
from contract.request import Values
from contract.schema import DataSetSchema

_QUANTILES = np.linspace(0, 1, 41)
# Of a category with hundreds of levels only some; the trees treat them alike.
_MOST_LEVELS = 9
_UNKNOWN = "\N{REPLACEMENT CHARACTER} no level"


def golden_rows(schema: DataSetSchema, features: Matrix) -> list[Values]:
    """Rows of requests, none of them a row of the data: typical ones, with one edge at a time.

    features: (n, f), a category as the place of its level.
    """
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # a column all missing
        ladder = np.nanquantile(features, _QUANTILES, axis=0, method="nearest")
    rows = [list(map(_value, schema.features, step)) for step in ladder.tolist()]
    typical = rows[len(rows) // 2]
    for index, feature in enumerate(schema.features):
        if feature.ratio_of:
            base = schema.names.index(feature.ratio_of.feature)
            above = feature.ratio_of.above
            bases = (0.0, above, float(np.nextafter(above, np.inf)), None)
            amount = _amount(feature)
            possible = [value for value in bases if schema.features[base].accepts(value)]
            rows.extend(_with(typical, {base: value, index: amount}) for value in possible)
        rows.extend(_with(typical, {index: edge}) for edge in _edges(feature))
    nullable: dict[int, Value] = {
        place: None for place, item in enumerate(schema.features) if item.nullable
    }
    codes: dict[int, Value] = {
        place: item.missing_codes[-1]
        for place, item in enumerate(schema.features)
        if item.missing_codes
    }
    return [*rows, *(_with(typical, changes) for changes in (nullable, codes, nullable | codes))]


def _amount(feature: Feature) -> float:
    """A value that differs from the typical ones, possible for whatever the ratio's range is."""
    amount = feature.bounds[1] / 1e5
    return amount if feature.accepts(amount) else float(feature.example)


def _value(feature: Feature, number: float) -> Value:
    """What a request says for a number of the data; a column missing throughout has its example."""
    if np.isnan(number):
        return float(feature.example) if feature.is_numeric else feature.example
    if feature.kind == "category":
        return feature.levels[int(number)]
    return bool(number) if feature.kind == "boolean" else number


def _edges(feature: Feature) -> Iterator[Value]:
    if feature.is_numeric:
        yield from map(float, (*feature.bounds, *feature.missing_codes))
    elif feature.kind == "boolean":
        yield from (False, True)
    else:
        count = len(feature.levels)
        for place in np.linspace(0, count - 1, min(count, _MOST_LEVELS)).astype(int).tolist():
            yield feature.levels[place]
        if feature.unknown == "missing":
            yield _UNKNOWN
    if feature.nullable:
        yield None


def _with(row: Values, changes: dict[int, Value]) -> Values:
    return [changes.get(place, value) for place, value in enumerate(row)]
