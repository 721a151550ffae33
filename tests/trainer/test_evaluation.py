"""The metrics are the usual ones; a model no better than chance does not pass."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.bundles import random_rows
from trainer.data import Data
from trainer.errors import QualityRefused
from trainer.evaluation import (
    evaluate,
    require_both_labels,
    require_quality,
)


def held_out(labels: list[int]) -> Data:
    return Data(random_rows(len(labels), 0), np.array(labels, np.int8), "test", False)


def metrics_of(labels: list[int], scores: list[float], threshold: float = 0.5) -> dict[str, Any]:
    return evaluate(held_out(labels), np.array(scores), threshold)


def test_the_metrics_are_those_that_a_hand_computes() -> None:
    metrics = metrics_of([0, 1, 0, 1], [0.1, 0.4, 0.5, 0.8])

    assert metrics["rows"] == 4
    assert metrics["positives"] == 2
    # Three of the four pairs stand in the right order.
    assert metrics["auc"] == 0.75
    assert metrics["average_precision"] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert metrics["brier"] == pytest.approx((0.01 + 0.36 + 0.25 + 0.04) / 4)


def test_a_score_at_the_threshold_is_a_1() -> None:
    metrics = metrics_of([0, 1, 0, 1], [0.1, 0.4, 0.5, 0.8])

    assert metrics["at_threshold"] == {
        "true_positives": 1,
        "false_positives": 1,
        "false_negatives": 1,
        "true_negatives": 1,
    }


def test_calibration_is_by_tenths_from_the_lowest_scores_up() -> None:
    scores = np.linspace(0, 1, 101)
    labels = (np.arange(101) >= 91).astype(int)
    order = np.random.default_rng(0).permutation(101)

    tenths = metrics_of(labels[order].tolist(), scores[order].tolist())["calibration"]

    assert [tenth["rows"] for tenth in tenths] == [11, *[10] * 9]
    assert [tenth["share_positive"] for tenth in tenths] == [*[0.0] * 9, 1.0]
    assert tenths[0]["mean_score"] == pytest.approx(0.05)
    assert tenths[9]["mean_score"] == pytest.approx(0.955)


def test_fewer_rows_than_tenths_have_no_empty_tenth() -> None:
    assert len(metrics_of([0, 1, 0], [0.1, 0.2, 0.3])["calibration"]) == 3


@pytest.mark.parametrize("auc", [0.6999999, 0.5, 0.0, float("nan")])
def test_a_model_under_min_auc_is_refused(auc: float) -> None:
    with pytest.raises(QualityRefused, match=r"is under MIN_AUC 0\.7: nothing was published"):
        require_quality({"auc": auc}, 0.7)


@pytest.mark.parametrize("auc", [0.7, 1.0])
def test_a_model_from_min_auc_on_passes(auc: float) -> None:
    require_quality({"auc": auc}, 0.7)


@pytest.mark.parametrize("labels", [[], [0, 0, 0], [1, 1]])
def test_a_single_label_is_refused(labels: list[int]) -> None:
    with pytest.raises(QualityRefused, match=r"the whole part has .* both labels are needed"):
        require_both_labels(held_out(labels), "whole")


def test_both_labels_pass() -> None:
    require_both_labels(replace(held_out([0, 1])), "whole")
