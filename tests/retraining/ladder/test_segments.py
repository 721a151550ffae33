"""A segment is harmed when it is worse beyond the margin, and not by chance."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from contract.sigmoid import sigmoids
from retraining.ladder.evaluation import Link
from retraining.ladder.segments import auc_change, changes
from tests.retraining.ladder.judged_rows import BRIER, drawn

ROWS = drawn(Link(), 4_000)
SCORES = sigmoids(ROWS.margins)


def harmed(after: np.ndarray, rows: np.ndarray) -> bool:
    (change,) = changes({"some": rows}, ROWS.labels, SCORES, after, BRIER)
    return change.harmed


def test_an_auc_is_that_of_another_library() -> None:
    after = np.round(SCORES, 1)  # with ties

    found, error = auc_change(ROWS.labels, SCORES, after)

    before, later = (roc_auc_score(ROWS.labels, scores) for scores in (SCORES, after))
    assert found == pytest.approx(later - before)
    assert 0 < error < 0.01


def test_the_error_of_a_change_is_as_large_as_chance_makes_it() -> None:
    found = []
    for seed in range(60):
        rows = drawn(Link(), 1_000, seed)
        noise = np.random.default_rng(seed + 1_000).normal(0, 0.7, 1_000)
        found.append(
            auc_change(rows.labels, sigmoids(rows.margins), sigmoids(rows.margins + noise))
        )

    changes_found, errors = np.array(found).T
    assert errors.mean() == pytest.approx(changes_found.std(), rel=0.3)


def test_a_segment_that_is_ranked_worse_is_harmed() -> None:
    shuffled = np.random.default_rng(0).permutation(SCORES)

    assert harmed(shuffled, np.ones(4_000, dtype=bool))


def test_a_segment_that_is_calibrated_worse_is_harmed() -> None:
    everyone = np.ones(4_000, dtype=bool)

    assert harmed(sigmoids(ROWS.margins + 0.5), everyone)
    assert not harmed(sigmoids(ROWS.margins + 0.05), everyone)


def test_a_segment_with_few_bads_forbids_nothing() -> None:
    few = np.flatnonzero(ROWS.labels)[:49]
    rows = np.zeros(4_000, dtype=bool)
    rows[few] = True
    rows[np.flatnonzero(ROWS.labels == 0)[:400]] = True

    assert not harmed(np.random.default_rng(0).permutation(SCORES), rows)


def test_what_may_be_chance_forbids_nothing() -> None:
    """Fifty-five bads leave room for a calibration that looks a tenth worse, and is not."""
    rows = np.zeros(4_000, dtype=bool)
    rows[np.flatnonzero(ROWS.labels)[:55]] = True
    rows[np.flatnonzero(ROWS.labels == 0)[:300]] = True
    observed, expected = 55, SCORES[rows].sum()
    scale = observed / expected

    assert not harmed(SCORES * scale * 0.88, rows)
    assert harmed(SCORES * scale * 0.3, rows)


def test_of_one_outcome_alone_nothing_can_be_said() -> None:
    goods = ROWS.labels == 0

    (change,) = changes({"goods": goods}, ROWS.labels, SCORES, SCORES, BRIER)

    assert (change.auc, change.calibration, change.harmed) == (None, None, False)
    assert (change.rows, change.bads) == (int(goods.sum()), 0)
