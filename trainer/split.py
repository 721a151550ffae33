"""Which rows are held out: decided by each row for itself."""

import numpy as np
from numpy.typing import NDArray

from contract.preprocessing import Matrix

# Part of the version id; raise it whenever a row might move to the other part.
RULE = "splitmix64 of the features' bits, 1"

_ROWS_AT_ONCE = 100_000


def held_out(features: Matrix, share: float) -> NDArray[np.bool_]:
    """Whether each row, (n, f) -> (n,), is in the held-out part, about `share` of all.

    A row's features decide alone, so new rows never move old ones, and the same borrower with
    another label stays in the same part. Hashed by the finaliser of SplitMix64 (Steele, Lea and
    Flood, 2014).
    """
    limit = np.uint64(int(share * 2**64))
    parts = []
    for start in range(0, len(features), _ROWS_AT_ONCE):
        rows = features[start : start + _ROWS_AT_ONCE]
        # One NaN and one zero, as in the data's identity.
        bits = (np.where(np.isnan(rows), np.nan, rows) + 0.0).view(np.uint64)
        state = np.zeros(len(rows), dtype=np.uint64)
        for column in bits.T:
            state = _mix(state + column + np.uint64(0x9E3779B97F4A7C15))
        parts.append(state < limit)
    return np.concatenate(parts)


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
