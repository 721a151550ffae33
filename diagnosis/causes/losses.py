"""What a change costs: the loss to expect by the scores, and the one that was measured."""

import numpy as np

from diagnosis.case import Case
from diagnosis.causes.calibrated import calibrated
from diagnosis.causes.crowd import Crowd
from diagnosis.finding import Cost
from diagnosis.reference import Reference
from diagnosis.rows import Floats, Rows

_FEW = 30


def expected(reference: Reference, crowd: Crowd) -> tuple[float, float]:
    """The loss to expect of a row if P(y|x) is unchanged, and its error.

    It is the log loss: the declared costs are of one threshold, and say little of a change far from
    it.
    """
    p = calibrated(reference, crowd.scores)
    losses = -(p * np.log(p) + (1 - p) * np.log1p(-p))
    return _mean(losses, crowd.weights, crowd.size)


def cost(case: Case, base: Crowd, later: Crowd) -> Cost:
    """In the declared costs, else in log loss."""
    reference = case.reference
    unit = "log loss a case" if reference.costs is None else "declared cost a case"
    before, after = (
        _mean(_ahead(reference, crowd.scores), crowd.weights, crowd.size)[0]
        for crowd in (base, later)
    )
    known = [rows.of(rows.labelled) for rows in (case.due_before, case.due_after)]
    measured = None
    if min(len(rows) for rows in known) >= _FEW:
        one, two = (float(_real(reference, rows).mean()) for rows in known)
        measured = one, two
    return Cost(unit, (before, after), measured, len(known[1]))


def _ahead(reference: Reference, scores: Floats) -> Floats:
    p = calibrated(reference, scores)
    return p * _loss(reference, scores, 1.0) + (1 - p) * _loss(reference, scores, 0.0)


def _real(reference: Reference, rows: Rows) -> Floats:
    worst, best = (_loss(reference, rows.scores, y) for y in (1.0, 0.0))
    return np.where(rows.outcomes == 1, worst, best)


def _loss(reference: Reference, scores: Floats, outcome: float) -> Floats:
    """The loss of each row if its outcome is this one."""
    if reference.costs is None:
        p = calibrated(reference, scores)
        return -np.log(p) if outcome == 1 else -np.log1p(-p)
    false_positive, false_negative = reference.costs
    flagged = scores >= reference.threshold
    if outcome == 1:
        return np.where(flagged, 0.0, false_negative)
    return np.where(flagged, false_positive, 0.0)


def _mean(values: Floats, weights: Floats, size: float) -> tuple[float, float]:
    total = max(float(weights.sum()), 1e-300)
    mean = float((values * weights).sum() / total)
    spread = float((weights * (values - mean) ** 2).sum() / total)
    return mean, float(np.sqrt(spread / max(size, 1.0)))
