"""AUC from binned scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from db.rollup import bins
from monitor.judging.answer import Unsaid
from monitor.judging.discrimination import Auc, auc

COUNTS = st.lists(st.integers(0, 30), min_size=5, max_size=5).map(np.array)


def _binned(scores: np.ndarray) -> np.ndarray:
    places = np.searchsorted(bins.SCORES, scores, side="right")
    return np.bincount(places, minlength=len(bins.SCORES) + 1)


def test_the_area_of_the_scores_is_no_further_than_the_bins_can_hide() -> None:
    random = np.random.default_rng(1)
    score = random.beta(1, 12, 20_000)
    bad = random.random(20_000) < score

    found = auc(_binned(score[~bad]), _binned(score[bad]))

    assert isinstance(found, Auc)
    assert 0 < found.hidden < 0.02
    assert abs(found.area.value - roc_auc_score(bad, score)) <= found.hidden
    assert found.area.value == pytest.approx(roc_auc_score(bad, score), abs=3e-4)


def test_the_interval_covers_the_truth_in_ninety_five_of_a_hundred() -> None:
    # Two normal distributions one apart: the area is known, 0.7602.
    random, covered = np.random.default_rng(2), 0
    for _ in range(400):
        good, bad = random.normal(0, 1, 300), random.normal(1, 1, 60)
        found = auc(*(_binned(1 / (1 + np.exp(-each))) for each in (good, bad)))
        assert isinstance(found, Auc)
        covered += found.area.low <= 0.7602499 <= found.area.high

    assert 0.93 <= covered / 400 <= 0.975


def test_the_variance_is_that_of_delong() -> None:
    # By hand: the placements of DeLong et al., over all pairs.
    good, bad = np.arange(12), np.array([3, 5, 5, 8, 9, 10, 11, 11, 11, 2])
    wins = (bad[:, None] > good) + (bad[:, None] == good) / 2
    by_bad, by_good = wins.mean(axis=1), wins.mean(axis=0)
    variance = by_bad.var(ddof=1) / 10 + by_good.var(ddof=1) / 12

    found = auc(np.bincount(good, minlength=12), np.bincount(bad, minlength=12))

    assert isinstance(found, Auc)
    area = found.area
    assert area.value == pytest.approx(wins.mean())
    spread = (np.log(area.high / (1 - area.high)) - np.log(area.low / (1 - area.low))) / 2
    assert spread == pytest.approx(
        1.959964 * np.sqrt(variance) / (area.value * (1 - area.value)), rel=1e-5
    )


@given(COUNTS, COUNTS)
def test_an_interval_contains_the_area_and_the_ends_do_not_break_it(
    good: np.ndarray, bad: np.ndarray
) -> None:
    found = auc(good + 2, bad + 2)

    assert isinstance(found, Auc)
    assert 0 <= found.area.low <= found.area.value <= found.area.high <= 1


def test_perfect_order_has_an_interval_too() -> None:
    found = auc(np.array([40, 0]), np.array([0, 12]))

    assert isinstance(found, Auc)
    assert (found.area.value, found.area.high, found.hidden) == (1, 1, 0)
    assert 0.7 < found.area.low < 0.98


def test_all_in_one_bin_says_that_the_bins_hide_everything() -> None:
    found = auc(np.array([40]), np.array([12]))

    assert isinstance(found, Auc)
    assert (found.area.value, found.hidden) == (0.5, 0.5)


def test_too_few_of_a_class_cannot_be_said() -> None:
    assert auc(np.array([40, 0]), np.array([3, 4])) == Unsaid(
        "the order of scores needs 10 bad cases", 3
    )
    assert auc(np.array([0, 0]), np.array([3, 40])) == Unsaid(
        "the order of scores needs 10 good cases", 10
    )
