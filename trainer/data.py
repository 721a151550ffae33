"""The data as the training takes it: a label and the features of each row, and its identity."""

import hashlib
from dataclasses import dataclass

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

    features: (n, f), NaN where missing. labels: (n,), 0 or 1.
    """

    features: Matrix
    labels: Labels
    source: str
    is_sample: bool

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
        return digest.hexdigest()
