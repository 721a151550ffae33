"""The rows that the api has to score as the trainer did: the edges of what is possible."""

import warnings

import numpy as np

from contract.preprocessing import Matrix
from contract.schema import DataSetSchema

_QUANTILES = np.linspace(0, 1, 41)


def golden_rows(schema: DataSetSchema, features: Matrix) -> Matrix:
    """Rows, (n, f), none of them a row of the data: typical ones, with one edge at a time."""
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # a column all missing
        ladder = np.nanquantile(features, _QUANTILES, axis=0, method="nearest")
    ladder = _possible(schema, ladder)
    typical = ladder[len(ladder) // 2]
    rows = [*ladder]
    for index, feature in enumerate(schema.features):
        edges = [*feature.bounds, *feature.missing_codes]
        if feature.nullable:
            edges.append(np.nan)
        if feature.ratio_of:
            base = list(schema.names).index(feature.ratio_of.feature)
            above = feature.ratio_of.above
            bases = (0.0, above, float(np.nextafter(above, np.inf)), np.nan)
            amount = feature.bounds[1] / 1e5
            rows.extend(_with(typical, {base: value, index: amount}) for value in bases)
        rows.extend(_with(typical, {index: edge}) for edge in edges)
    nullable = {place: np.nan for place, item in enumerate(schema.features) if item.nullable}
    codes = {
        place: item.missing_codes[-1]
        for place, item in enumerate(schema.features)
        if item.missing_codes
    }
    rows += [_with(typical, nullable), _with(typical, codes), _with(typical, nullable | codes)]
    return np.array(rows)


def _possible(schema: DataSetSchema, ladder: Matrix) -> Matrix:
    """A column that is missing throughout gets its example."""
    examples = np.array([feature.example for feature in schema.features])
    return np.where(np.isnan(ladder), examples, ladder)


def _with(row: Matrix, changes: dict[int, float]) -> Matrix:
    changed = row.copy()
    for place, value in changes.items():
        changed[place] = value
    return changed
