"""What the held-out part of the training data said of a version: a forecast for its traffic."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from contract.profile import Profile
from monitor.judging.answer import Unsaid
from monitor.judging.discrimination import Auc, auc


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A version on the rows that it was not trained on."""

    version: str
    auc: float | None
    brier: float | None
    bad: float | None
    """Share of bad ones."""
    binned: Auc | None
    """AUC with its interval, from the profile's score bins; None where there is no profile."""


def held_out(version: str, metadata: Mapping[str, Any], profile: Profile | None) -> HeldOut:
    """From metadata.json and profile.json of its bundle, as far as they say it."""
    metrics = metadata.get("metrics")
    found: Mapping[str, Any] = metrics if isinstance(metrics, Mapping) else {}
    rows, positives = _number(found, "rows"), _number(found, "positives")
    binned: Auc | Unsaid | None = None
    if profile:
        counts = profile.score.counts
        binned = auc(np.array(counts.negatives), np.array(counts.positives))
        rows, positives = profile.rows, profile.positives
    return HeldOut(
        version,
        _number(found, "auc"),
        _number(found, "brier"),
        positives / rows if rows and positives is not None else None,
        binned if isinstance(binned, Auc) else None,
    )


def _number(metrics: Mapping[str, Any], name: str) -> float | None:
    """What a bundle says is not ours: only a finite number of at least 0 is one."""
    value = metrics.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e18:
        return None
    return value
