"""Probabilities that fit the labels of the reference: the recalibrated scores."""

import numpy as np

from diagnosis.reference import Reference
from diagnosis.rows import Floats

_LEAST = 1e-4


def calibrated(reference: Reference, scores: Floats) -> Floats:
    """(n,) -> (n,): the probability of the event that the held-out labels gave each score."""
    score = reference.profile.score
    found = np.interp(scores, score.scores, score.calibrated)
    # The ends of an isotonic fit are 0 and 1, which no case is.
    positives, rows = reference.profile.positives, max(reference.profile.rows, 1)
    least = max(_LEAST, 0.05 * positives / rows)
    clipped: Floats = np.clip(found, min(least, 0.02), 0.98)
    return clipped


def logit(p: Floats) -> Floats:
    """The logarithm of the odds."""
    found: Floats = np.log(p) - np.log1p(-p)
    return found


def sigmoid(z: Floats) -> Floats:
    """The probability with these log odds."""
    found: Floats = 1 / (1 + np.exp(-np.clip(z, -30, 30)))
    return found
