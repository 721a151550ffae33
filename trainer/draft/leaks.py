"""Columns that alone tell the target too well: most often they were known only after it."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from sklearn.metrics import roc_auc_score

from trainer.cells import Floats, number
from trainer.data import Labels

TOO_GOOD = 0.95
# With fewer of a label a high figure is chance.
_FEWEST = 20
_BINS = 32


def auc_alone(texts: Sequence[str], labels: Labels, *, numeric: bool, decimal: str) -> float:
    """AUC of the rate of positives by the column's value, of rows that the rate was not taken from.

    0.5 where there are too few rows to tell.
    """
    if not _enough(labels):
        return 0.5
    values = _bins(texts, decimal) if numeric else list(texts)
    even = np.arange(len(labels)) % 2 == 0
    scores = np.empty(len(labels))
    for half in (even, ~even):
        scores[half] = _rates(values, labels, ~half)[half]
    return float(roc_auc_score(labels, scores))


def auc_of_missing(texts: Sequence[str], labels: Labels, markers: Sequence[str]) -> float:
    """AUC of whether there is a value, either way; 0.5 where there are too few rows to tell."""
    missing = np.array([text in markers for text in texts], dtype=np.float64)
    if not _enough(labels):
        return 0.5
    found = float(roc_auc_score(labels, missing))
    return max(found, 1 - found)


def _enough(labels: Labels) -> bool:
    positives = int(labels.sum())
    return min(positives, len(labels) - positives) >= _FEWEST


def _rates(values: Sequence[object], labels: Labels, rows: "np.ndarray") -> Floats:
    """For each row the share of positives among `rows` of the same value, drawn to the mean."""
    prior = float(labels[rows].mean())
    sums: dict[object, float] = defaultdict(float)
    counts: dict[object, int] = defaultdict(int)
    for place in np.flatnonzero(rows).tolist():
        sums[values[place]] += int(labels[place])
        counts[values[place]] += 1
    return np.array(
        [(sums.get(value, 0.0) + prior) / (counts.get(value, 0) + 1) for value in values]
    )


def _bins(texts: Sequence[str], decimal: str) -> list[object]:
    """The place of each number among quantiles of all; what is none is a bin of its own."""
    numbers = np.array([number(text, decimal) for text in texts])
    present = numbers[~np.isnan(numbers)]
    if len(present) == 0:
        return [None] * len(texts)
    edges = np.unique(np.quantile(present, np.linspace(0, 1, _BINS + 1)[1:-1], method="nearest"))
    places = np.searchsorted(edges, numbers, side="left")
    return [None if np.isnan(value) else int(at) for value, at in zip(numbers, places, strict=True)]
