"""The data as the training takes it: a label and the features of each row, and its identity."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from contract.preprocessing import Matrix
from contract.schema import DataSetSchema

# Raise it whenever the canonical bytes below change.
_CANONICAL_FORM = b"data/1\n"
_ROWS_AT_ONCE = 100_000

Labels = NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """Rows in the order of their file.

    features: (n, f), NaN where missing; a boolean is 1 or 0, a category the place of its level
    among all. labels: (n,), 0 or 1. split_keys: (n,), what the split goes by where it is not the
    features: times in microseconds since 1970, or hashes of the groups.
    """

    features: Matrix
    labels: Labels
    source: str
    is_sample: bool
    split_keys: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def sha256(self, schema: DataSetSchema) -> str:
        """Identity of the values, whatever file they were written in.

        Zipped or not, line ends, the index column and the order of the columns do not matter; a
        value, its place or another row does.
        """
        digest = hashlib.sha256(_CANONICAL_FORM + schema.to_json())
        for start in range(0, len(self), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            digest.update(self.labels[rows].tobytes())
            # One NaN and one zero: other bits of the same value are the same data.
            values = np.where(np.isnan(self.features[rows]), np.nan, self.features[rows]) + 0.0
            digest.update(values.astype("<f8").tobytes())
        if self.split_keys is not None:
            digest.update(b"split keys\n" + self.split_keys.astype("<f8").tobytes())
        return digest.hexdigest()

    def part(self, rows: NDArray[np.bool_]) -> "Data":
        """Some of the rows."""
        return replace(
            self,
            features=self.features[rows],
            labels=self.labels[rows],
            split_keys=None if self.split_keys is None else self.split_keys[rows],
        )
