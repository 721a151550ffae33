"""A segment is harmed when it is worse beyond the margin, and not by chance."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from contract.sigmoid import sigmoids
from retraining.ladder.evaluation import Link, Mask
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


def with_bads(bads: int) -> Mask:
    """A segment with so many bads, and 300 goods."""
    rows = np.zeros(4_000, dtype=bool)
    rows[np.flatnonzero(ROWS.labels)[:bads]] = True
    rows[np.flatnonzero(ROWS.labels == 0)[:300]] = True
    return rows


def test_a_calibration_that_chance_may_have_made_worse_forbids_nothing() -> None:
    rows = with_bads(55)
    calibrated = SCORES * (55 / SCORES[rows].sum())

    chance, harm = (
        changes({"some": rows}, ROWS.labels, calibrated, calibrated * by, BRIER)[0]
        for by in (0.85, 0.5)
    )

    assert chance.calibration == pytest.approx(-np.log(0.85))
    assert -np.log(0.85) > BRIER.margins.segment_calibration
    assert not chance.harmed
    assert harm.harmed


def test_a_ranking_that_chance_may_have_made_worse_forbids_nothing() -> None:
    rows = with_bads(55)
    noisy = ROWS.margins + np.random.default_rng(25).normal(0, 0.6, 4_000)

    (change,) = changes({"some": rows}, ROWS.labels, ROWS.margins + 9, noisy + 9, BRIER)

    assert change.auc is not None
    assert change.auc < -BRIER.margins.segment_auc
    assert not change.harmed


def test_of_many_segments_hardly_any_is_forbidden_by_chance() -> None:
    """A new model that is as good, and thirty segments: each for itself would often forbid it."""
    forbidden = 0
    for seed in range(20):
        generator = np.random.default_rng(1_000 + seed)
        rows = drawn(Link(), 6_000, seed)
        old, new = (rows.margins + generator.normal(0, 0.5, 6_000) for _ in range(2))
        segments = {str(n): generator.random(6_000) < 0.15 for n in range(30)}
        found = changes(segments, rows.labels, sigmoids(old), sigmoids(new), BRIER)
        forbidden += any(change.harmed for change in found)

    assert forbidden <= 1


def test_of_one_outcome_alone_nothing_can_be_said() -> None:
    kinds = {"goods": ROWS.labels == 0, "bads": ROWS.labels == 1}

    bads, goods = changes(kinds, ROWS.labels, SCORES, SCORES, BRIER)

    for change in (bads, goods):
        assert (change.auc, change.calibration, change.harmed) == (None, None, False)
    assert (goods.rows, goods.bads) == (int(kinds["goods"].sum()), 0)
