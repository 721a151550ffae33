"""Which rows are looked at apart: those of a caller, of a category's level, of a yes or no."""

from collections.abc import Iterator, Mapping

import numpy as np

from contract.feature import Feature
from contract.schema import DataSetSchema
from retraining.rows import Mask, Rows

# The more segments there are, the more seem to be harmed by chance.
_MOST_LEVELS = 6


def groups(schema: DataSetSchema, rows: Rows, part: Mask) -> Mapping[str, Mask]:
    """By name, (rows of the part,): as `caller web`, `purpose = car`; a row may be in several."""
    found = dict(_callers(rows, part))
    for place, feature in enumerate(schema.features):
        found |= _levels(feature, rows.features[part, place])
    return found


def _callers(rows: Rows, part: Mask) -> Iterator[tuple[str, Mask]]:
    if len(rows.caller_names) < 2:
        return
    callers = rows.callers[part]
    for place, name in enumerate(rows.caller_names):
        yield f"caller {name or 'without a key'}", callers == place


def _levels(
    feature: Feature, values: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> dict[str, Mask]:
    if feature.kind == "boolean":
        names = {"false": 0.0, "true": 1.0}
    elif feature.kind == "category":
        places, counts = np.unique(values[~np.isnan(values)], return_counts=True)
        often = places[np.argsort(-counts, kind="stable")][:_MOST_LEVELS]
        names = {feature.levels[int(place)]: float(place) for place in often}
    else:
        return {}
    return {f"{feature.name} = {name}": values == value for name, value in names.items()}
