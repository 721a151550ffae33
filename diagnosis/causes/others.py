"""What the other columns expect: the recalibrated score as they alone would have it.

A fault of some columns leaves the others as they are, and the score is wrong with it; so outcomes
are judged by what the unharmed columns say.
"""

import numpy as np

from diagnosis.causes.calibrated import calibrated, logit, sigmoid
from diagnosis.reference import Reference
from diagnosis.rows import Floats, Rows

_MOST_GROUPS = 14
_RIDGE = 0.5
_STEPS = 6


def expected_without(
    reference: Reference, known: Rows, sides: tuple[Rows, ...], faulty: frozenset[int]
) -> tuple[Floats, ...]:
    """The log odds of each side's rows by the columns that are not at fault.

    A logistic regression of the recalibrated scores of `known` rows, which are from before the
    fault, on the groups of each column.
    """
    columns = [at for at in range(len(reference.features)) if at not in faulty]
    edges = [_edges(reference, known, column) for column in columns]
    design = _design(known, columns, edges)
    target = calibrated(reference, known.scores)
    weights = np.zeros(design.shape[1])
    weights[0] = float(logit(np.array([target.mean()]))[0])
    ridge = _RIDGE * np.eye(len(weights))
    ridge[0, 0] = 1e-6
    for _ in range(_STEPS):
        p = sigmoid(design @ weights)
        information = (design * (p * (1 - p))[:, None]).T @ design + ridge
        step = np.linalg.solve(information, design.T @ (target - p) - ridge @ weights)
        weights = weights + np.clip(step, -2, 2)
    return tuple(_design(rows, columns, edges) @ weights for rows in sides)


def _edges(reference: Reference, rows: Rows, column: int) -> Floats:
    values = rows.values[:, column]
    if reference.profile.columns[column].kind == "category":
        return np.arange(1, len(reference.profile.columns[column].levels) + 1, dtype=np.float64)
    there = values[np.isfinite(values)]
    if not len(there):
        return np.zeros(0)
    levels = np.arange(1, _MOST_GROUPS) / _MOST_GROUPS
    found: Floats = np.unique(np.quantile(there, levels, method="nearest"))
    return found


def _design(rows: Rows, columns: list[int], edges: list[Floats]) -> Floats:
    parts = [np.ones((len(rows), 1))]
    for column, cuts in zip(columns, edges, strict=True):
        values = rows.values[:, column]
        place = np.where(np.isnan(values), len(cuts) + 1, np.searchsorted(cuts, values, "right"))
        parts.append(np.eye(len(cuts) + 2)[place])
    return np.hstack(parts)
