"""What an option does to those whom the mean does not show."""

from collections.abc import Mapping
from statistics import NormalDist

import numpy as np

from retraining.ladder.answers import Floats
from retraining.ladder.evaluation import Labels, Mask
from retraining.ladder.option import SegmentChange
from retraining.policy import Policy

# That chance alone makes any of the segments seem harmed, in one look.
_CHANCE = 0.05


def changes(
    segments: Mapping[str, Mask], labels: Labels, before: Floats, after: Floats, policy: Policy
) -> tuple[SegmentChange, ...]:
    """Each segment's change from the scores before to those after, (n,) each, by name.

    Harmed is a segment with enough bads that is worse beyond the margin, in AUC or in calibration,
    and surely worse at all. The more segments, the surer, for among many some always seem worse.
    """
    minimum = policy.evidence.minimum_bads
    tests = 2 * sum(int(labels[rows].sum()) >= minimum for rows in segments.values())
    z = NormalDist().inv_cdf(1 - _CHANCE / max(tests, 1))
    return tuple(
        _change(name, labels[rows], before[rows], after[rows], policy, z=z)
        for name, rows in sorted(segments.items())
    )


def _change(
    name: str, labels: Labels, before: Floats, after: Floats, policy: Policy, *, z: float
) -> SegmentChange:
    bads = int(labels.sum())
    if bads in {0, len(labels)}:
        return SegmentChange(name, len(labels), bads, None, None, harmed=False)
    auc, error = auc_change(labels, before, after)
    gap, least = _calibration_change(bads, before, after, z)
    margins = policy.margins
    less_auc = -auc > margins.segment_auc and -auc - z * error > 0
    less_calibrated = gap > margins.segment_calibration and least > 0
    enough = bads >= policy.evidence.minimum_bads
    return SegmentChange(
        name, len(labels), bads, auc, gap, harmed=enough and (less_auc or less_calibrated)
    )


def auc_change(labels: Labels, before: Floats, after: Floats) -> tuple[float, float]:
    """AUC after minus before, and its standard error for the same rows (DeLong 1988)."""
    of_bads, of_goods = [], []
    for scores in (before, after):
        bads, goods = scores[labels == 1], scores[labels == 0]
        of_bads.append(_share_below(bads, goods))
        of_goods.append(1.0 - _share_below(goods, bads))
    bad_changes, good_changes = of_bads[1] - of_bads[0], of_goods[1] - of_goods[0]
    variance = sum(
        float(part.var(ddof=1)) / len(part) for part in (bad_changes, good_changes) if len(part) > 1
    )
    return float(bad_changes.mean()), float(np.sqrt(variance))


def _share_below(some: Floats, others: Floats) -> Floats:
    """For each, the share of the others that is below it; a tie is a half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, some, "left") + np.searchsorted(ordered, some, "right")
    shares: Floats = below / (2 * len(others))
    return shares


def _calibration_change(bads: int, before: Floats, after: Floats, z: float) -> tuple[float, float]:
    """How much further log(observed / expected) is from 0, and the least that chance leaves of it.

    What was observed is the same before and after, so that chance moves both together.
    """
    observed = float(np.log(bads))
    noise = z / np.sqrt(bads)
    was, will = float(np.log(before.sum())), float(np.log(after.sum()))
    further = [abs(u - will) - abs(u - was) for u in (observed, observed - noise, observed + noise)]
    return further[0], float(min(further))
