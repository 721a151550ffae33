"""A row's score depends on that row alone: not on its neighbours, threads or the way it came."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from contract.scoring import Scorer, decide
from tests.bundles import Fitted, random_rows

ROWS = random_rows(400, seed=11)


def bits(scores: NDArray[np.float64]) -> list[int]:
    values: list[int] = scores.view(np.uint64).tolist()
    return values


def test_a_batch_scores_as_each_of_its_rows_alone(scorer: Scorer) -> None:
    alone = np.concatenate([scorer.score(ROWS[i : i + 1]) for i in range(len(ROWS))])

    assert bits(scorer.score(ROWS)) == bits(alone)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core admits one thread")
def test_two_threads_give_the_same_bits(scorer: Scorer) -> None:
    assert bits(scorer.score(ROWS, threads=2)) == bits(scorer.score(ROWS))


@pytest.mark.parametrize("size", [1, 32, 33])
def test_eight_threads_at_once_get_the_same_bits(scorer: Scorer, size: int) -> None:
    """On both sides of the number of rows up to which the interpreter's lock is kept."""
    starts = range(0, len(ROWS) - size, 7)
    expected = [bits(scorer.score(ROWS[start : start + size])) for start in starts]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda at: bits(scorer.score(ROWS[at : at + size])), [*starts] * 4))

    assert found == expected * 4


def test_scores_are_scikit_learns(scorer: Scorer, fitted: Fitted) -> None:
    inputs = fitted.preprocessing.transform(ROWS)
    expected = fitted.model.predict_proba(inputs)[:, 1]

    scores = scorer.score(ROWS)

    assert len(set(scores.tolist())) > 10
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-12)


def test_scoring_leaves_the_rows_as_they_were(scorer: Scorer) -> None:
    rows = ROWS.copy()

    scorer.score(rows)

    np.testing.assert_array_equal(rows, ROWS)


def test_rows_that_are_not_contiguous_score_alike(scorer: Scorer) -> None:
    assert bits(scorer.score(np.asfortranarray(ROWS))) == bits(scorer.score(ROWS))


def test_no_rows_have_no_scores(scorer: Scorer) -> None:
    assert scorer.score(ROWS[:0]).shape == (0,)


@pytest.mark.parametrize(
    ("probability", "prediction"), [(0.25, 1), (np.nextafter(0.25, 0), 0), (0.0, 0), (1.0, 1)]
)
def test_the_prediction_is_1_from_the_threshold_on(probability: float, prediction: int) -> None:
    assert decide(probability, 0.25) == prediction
