"""How good the model is on rows that it has not seen."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from contract.preprocessing import Matrix
from contract.scoring import Scorer
from trainer.data import Data, Labels
from trainer.errors import QualityRefused

Scores = NDArray[np.float64]

_ROWS_AT_ONCE = 100_000


def score(scorer: Scorer, features: Matrix) -> Scores:
    """Scores of many rows, (n,), in bounded memory."""
    parts = [
        scorer.score(features[start : start + _ROWS_AT_ONCE], threads=0)
        for start in range(0, len(features), _ROWS_AT_ONCE)
    ]
    return np.concatenate(parts)


def evaluate(held_out: Data, scores: Scores, threshold: float) -> dict[str, Any]:
    """Metrics on the held-out part; threshold: from this probability on the prediction is 1."""
    labels = held_out.labels
    predicted = scores >= threshold
    return {
        "rows": len(labels),
        "positives": int(labels.sum()),
        "auc": float(roc_auc_score(labels, scores)),
        "average_precision": float(average_precision_score(labels, scores)),
        "brier": float(brier_score_loss(labels, scores)),
        "at_threshold": {
            "true_positives": int((predicted & (labels == 1)).sum()),
            "false_positives": int((predicted & (labels == 0)).sum()),
            "false_negatives": int((~predicted & (labels == 1)).sum()),
            "true_negatives": int((~predicted & (labels == 0)).sum()),
        },
        "calibration": _calibration(labels, scores),
    }


def require_quality(metrics: dict[str, Any], min_auc: float) -> None:
    """Raise QualityRefused where the model is no better than chance."""
    # Written so that NaN is refused as well.
    if not metrics["auc"] >= min_auc:
        raise QualityRefused(
            f"AUC {metrics['auc']:.4f} on the held-out rows is under MIN_AUC {min_auc:g}:"
            " nothing was published; look at the labels and the columns of the data"
        )


def require_both_labels(data: Data, part: str) -> None:
    """Raise QualityRefused where there is nothing to tell apart."""
    positives = int(data.labels.sum())
    if not 0 < positives < len(data):
        raise QualityRefused(
            f"the {part} part has {len(data):,} rows, {positives:,} of them positive: both labels"
            " are needed; give the trainer more data, or another TEST_SHARE"
        )


def _calibration(labels: Labels, scores: Scores) -> list[dict[str, float]]:
    """Mean score against the share of positives, for each tenth of the rows by score."""
    order = np.argsort(scores, kind="stable")
    return [
        {
            "rows": len(tenth),
            "mean_score": float(scores[tenth].mean()),
            "share_positive": float(labels[tenth].mean()),
        }
        for tenth in np.array_split(order, 10)
        if len(tenth)
    ]
