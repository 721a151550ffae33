"""Outcomes against what was expected: one factor for the odds of all, of a slope, of a group."""

from dataclasses import dataclass

import numpy as np

from diagnosis.causes.calibrated import sigmoid
from diagnosis.rows import Floats, Mask

_STEPS = 12
_RIDGE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A logistic regression on top of given log odds.

    gain: by how much the log likelihood exceeds that of the given log odds; offset: (n,), the
    fitted ones.
    """

    factors: Floats
    errors: Floats
    gain: float
    offset: Floats


def fit(offset: Floats, outcomes: Floats, design: Floats) -> Fit:
    """By Newton's method; design: (n, k)."""
    factors = np.zeros(design.shape[1])
    information = np.eye(len(factors))
    for _ in range(_STEPS):
        p = sigmoid(offset + design @ factors)
        information = (design * (p * (1 - p))[:, None]).T @ design + _RIDGE * np.eye(len(factors))
        step = np.linalg.solve(information, design.T @ (outcomes - p) - _RIDGE * factors)
        factors = factors + np.clip(step, -2, 2)
        if float(np.abs(step).max(initial=0.0)) < 1e-8:
            break
    fitted = offset + design @ factors
    gain = log_likelihood(fitted, outcomes) - log_likelihood(offset, outcomes)
    errors = np.sqrt(np.maximum(np.diag(np.linalg.inv(information)), 0.0))
    return Fit(factors, errors, max(gain, 0.0), fitted)


def log_likelihood(offset: Floats, outcomes: Floats) -> float:
    """Of outcomes with these log odds."""
    return float((outcomes * offset - np.logaddexp(0, offset)).sum())


def intercept(offset: Floats, outcomes: Floats) -> Fit:
    """One factor for the odds of all."""
    return fit(offset, outcomes, np.ones((len(outcomes), 1)))


def slope(offset: Floats, outcomes: Floats) -> Fit:
    """One factor, and one for how strongly the odds rise with the score."""
    middle = offset - offset.mean() if len(offset) else offset
    return fit(offset, outcomes, np.column_stack([np.ones(len(outcomes)), middle]))


def of_group(offset: Floats, outcomes: Floats, group: Mask) -> Fit:
    """One factor for the odds of a group, none for the others."""
    inside = fit(offset[group], outcomes[group], np.ones((int(group.sum()), 1)))
    fitted = offset.copy()
    fitted[group] = inside.offset
    return Fit(inside.factors, inside.errors, inside.gain, fitted)
