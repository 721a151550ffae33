"""Which rows are held out, and in which fold a row of the training part is scored.

By a hash of the row, decided by each row for itself; by time, the latest; or by group.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from contract.declaration import Declaration
from contract.preprocessing import Matrix
from trainer.data import Data
from trainer.errors import QualityRefused

# Part of the version id; raise it whenever a row might move to the other part.
RULE = "splitmix64 of the features' bits, 1"
RULES = {
    "hash": RULE,
    "time": "the latest share by event time, 1",
    "group": "SHA-256 of the group's text, 1",
}

FOLDS = 5

Rows = NDArray[np.bool_]
Fold = tuple[Rows, Rows]
"""The rows of the training part that a model is fitted on, and those that it then scores."""

_ROWS_AT_ONCE = 100_000
# Another number than the split's own, so that a fold says nothing of it.
_FOLD_SALT = np.uint64(0xD1B54A32D192ED03)
_GROUPS = 2.0**53


def split(declaration: Declaration, data: Data, share: float) -> Rows:
    """Whether each row is held out; raises QualityRefused where the time splits nothing."""
    if data.split_keys is None:
        return held_out(data.features, share)
    if declaration.split == "group":
        return data.split_keys < share * _GROUPS
    return _latest(data.split_keys, share)


def folds(declaration: Declaration, training: Data) -> list[Fold]:
    """How each row of the training part gets a score of a model that has not seen it.

    Five folds by the hash of the row, or of its group. By time a model is fitted on what was
    before, as it will be in life: the rows in six stretches of time, each but the first scored by
    a model of those before it.
    """
    if declaration.split == "time":
        assert training.split_keys is not None
        return _forward(training.split_keys)
    if training.split_keys is None:
        states = _states(training.features)
    else:
        states = mix(training.split_keys.astype(np.uint64))
    number = mix(states + _FOLD_SALT) % np.uint64(FOLDS)
    return [(number != fold, number == fold) for fold in range(FOLDS)]


def _latest(times: NDArray[np.float64], share: float) -> Rows:
    """Rows of one time stay together: the edge is where the share is nearest to what is wanted."""
    moments, counts = np.unique(times, return_counts=True)
    if len(moments) < 2:
        raise QualityRefused(
            "all rows have the same event time, and the split goes by it: give the trainer rows of"
            ' more times, or declare split = "hash"'
        )
    later = np.cumsum(counts[::-1])[::-1][1:]
    edge: float = moments[1 + int(np.argmin(np.abs(later - share * len(times))))]
    return times >= edge


def _forward(times: NDArray[np.float64]) -> list[Fold]:
    edges = np.quantile(times, np.arange(1, FOLDS + 1) / (FOLDS + 1), method="nearest")
    bounds = [*edges, np.inf]
    return [(times < start, (times >= start) & (times < end)) for start, end in pairwise(bounds)]


def held_out(features: Matrix, share: float) -> NDArray[np.bool_]:
    """Whether each row, (n, f) -> (n,), is in the held-out part, about `share` of all.

    A row's features decide alone, so new rows never move old ones, and the same borrower with
    another label stays in the same part. Hashed by the finaliser of SplitMix64 (Steele, Lea and
    Flood, 2014).
    """
    return _states(features) < np.uint64(int(share * 2**64))


def _states(features: Matrix) -> NDArray[np.uint64]:
    """A hash of each row."""
    parts = []
    for start in range(0, len(features), _ROWS_AT_ONCE):
        rows = features[start : start + _ROWS_AT_ONCE]
        # One NaN and one zero, as in the data's identity.
        bits = (np.where(np.isnan(rows), np.nan, rows) + 0.0).view(np.uint64)
        state = np.zeros(len(rows), dtype=np.uint64)
        for column in bits.T:
            state = mix(state + column + np.uint64(0x9E3779B97F4A7C15))
        parts.append(state)
    return np.concatenate(parts)


def mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Another number for each, one to one: splitmix64's last step."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
