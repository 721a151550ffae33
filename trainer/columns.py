"""What each column of the CSV may hold, from the declaration."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.feature import Feature
from contract.schema import DataSetSchema

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file, and its place among the converted ones; the target comes last."""

    name: str
    place: int
    feature: Feature | None
    """None for the target."""

    def broken(self, numbers: NDArray[np.float64], missing: Mask) -> Iterator[tuple[str, Mask]]:
        """The rules that some rows break, with those rows; `missing` where the file says so."""
        no_number = ~np.isfinite(numbers) & ~missing
        feature = self.feature
        if feature is None:
            rules = [("the label must be 0 or 1", (numbers != 0) & (numbers != 1))]
        else:
            low, high = feature.bounds
            possible = (numbers >= low) & (numbers <= high)
            if feature.kind == "integer":
                possible &= np.floor(numbers) == numbers
            rules = [
                ("must be a number", no_number),
                (f"must be {feature.allowed}", ~possible & ~no_number & ~missing),
                ("must not be missing", missing & (not feature.nullable)),
            ]
        yield from ((rule, mask) for rule, mask in rules if mask.any())


def columns_of(schema: DataSetSchema) -> list[Column]:
    """The features in the declaration's order, then the target."""
    features = [Column(item.name, place, item) for place, item in enumerate(schema.features)]
    return [*features, Column(schema.target.name, len(features), None)]
