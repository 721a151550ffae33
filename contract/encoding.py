"""Rows of requests as numbers: what the preprocessing and the trainer know a category by."""

from collections.abc import Sequence

import numpy as np

from contract.feature import Value
from contract.preprocessing import Matrix


class Encoding:
    """Rows of a declared table, as `Preprocessing.transform` takes them."""

    def __init__(self, levels: Sequence[Sequence[str]]) -> None:
        """levels: for each feature those of a category, none for other kinds."""
        self._places = [{level: float(at) for at, level in enumerate(each)} for each in levels]

    def encode(self, rows: Sequence[Sequence[Value]]) -> Matrix:
        """One or more rows of requests, as a matrix of (n, f).

        Missing is NaN, true and false are 1 and 0, and a category's value is the place of its
        level; a text that no level names is missing. Raises ValueError for a row of another length.
        """
        if not any(self._places):
            return np.array(rows, dtype=np.float64)
        # By columns, for a column needs no question at each value; numpy takes None for NaN.
        return np.array(
            [
                list(map(places.get, column)) if places else column
                for places, column in zip(self._places, zip(*rows, strict=True), strict=True)
            ],
            dtype=np.float64,
        ).T
