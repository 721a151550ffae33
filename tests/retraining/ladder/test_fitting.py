"""What is fitted is the most likely, the cheapest, or refused with the reason."""

import itertools

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from contract.sigmoid import sigmoids
from retraining.ladder.answers import answers_of
from retraining.ladder.evaluation import Judged, Link, Served
from retraining.ladder.fitting import (
    CannotFit,
    fitted_intercept,
    fitted_slope,
    fitted_threshold,
)
from retraining.policy import Errors

ERRORS = Errors(unit="EUR", false_negative=5000.0, false_positive=400.0)
SERVED = Served(Link(), 0.2)


def judged(margins: object, labels: object) -> Judged:
    found = np.asarray(labels, dtype=np.int8)
    return Judged(np.asarray(margins, dtype=np.float64), found, np.arange(len(found)), {})


def drawn(intercept: float, slope: float, rows: int = 20_000, seed: int = 0) -> Judged:
    generator = np.random.default_rng(seed)
    margins = generator.normal(-2, 1.5, rows)
    return judged(margins, generator.random(rows) < sigmoids(intercept + slope * margins))


def test_the_true_link_is_found() -> None:
    found = fitted_slope(drawn(0.7, 1.4))

    assert found.intercept == pytest.approx(0.7, abs=0.15)
    assert found.slope == pytest.approx(1.4, abs=0.06)


def test_no_other_library_finds_a_likelier_one() -> None:
    rows = drawn(-0.5, 0.6, 2_000)
    theirs = LogisticRegression(C=np.inf, tol=1e-10).fit(rows.margins[:, None], rows.labels)

    found = fitted_slope(rows)

    assert found.slope == pytest.approx(theirs.coef_[0, 0], rel=1e-5)
    assert found.intercept == pytest.approx(theirs.intercept_[0], rel=1e-4)


def test_an_intercept_makes_as_many_expected_as_observed_and_keeps_the_slope() -> None:
    rows = drawn(0.8, 1.0)
    served = Served(Link(-0.3, 1.1), 0.2)

    found = fitted_intercept(rows, served)

    expected = answers_of(rows.margins, found, 0.2).scores.sum()
    assert expected == pytest.approx(rows.labels.sum(), rel=1e-9)
    assert found.slope == 1.1


@pytest.mark.parametrize("far", [-30.0, 30.0, 300.0])
def test_it_is_found_from_far_away(far: float) -> None:
    rows = drawn(0.0, 1.0, 3_000)
    moved = judged(rows.margins + far, rows.labels)

    assert fitted_intercept(moved, SERVED).intercept == pytest.approx(-far, abs=0.3)
    assert fitted_slope(moved).slope == pytest.approx(1.0, abs=0.15)


def test_the_same_rows_give_the_same_bits() -> None:
    rows = drawn(0.4, 1.2)

    assert fitted_slope(rows) == fitted_slope(rows)
    assert fitted_intercept(rows, SERVED) == fitted_intercept(rows, SERVED)


def test_no_threshold_costs_less() -> None:
    rows = drawn(0.3, 1.0, 60, seed=3)

    found = fitted_threshold(rows, SERVED, ERRORS)

    def cost(threshold: float) -> float:
        answers = answers_of(rows.margins, Link(), threshold)
        return float(answers.losses(rows.labels, ERRORS).sum())

    everywhere = itertools.chain([0.0, 1.0], sigmoids(rows.margins))
    assert cost(found) == min(cost(threshold) for threshold in everywhere)


def test_the_threshold_that_is_served_stays_where_none_costs_less() -> None:
    rows = judged([-3, -2, 1, 2], [0, 0, 1, 1])

    assert fitted_threshold(rows, Served(Link(), 0.4), ERRORS) == 0.4


def test_where_several_cost_the_same_the_nearest_is_taken() -> None:
    rows = judged([-3, -2, 0, 0.4], [0, 1, 0, 1])
    alike = Errors(unit="EUR", false_negative=1.0, false_positive=1.0)

    found = fitted_threshold(rows, Served(Link(), 0.45), alike)

    assert found == sigmoids(np.array([0.4]))[0]  # and not that of -2, which costs as little


@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1, 1]])
def test_with_one_outcome_alone_nothing_is_fitted(labels: list[int]) -> None:
    rows = judged([-1, 0, 1], labels)

    for fit in (
        lambda: fitted_threshold(rows, SERVED, ERRORS),
        lambda: fitted_intercept(rows, SERVED),
        lambda: fitted_slope(rows),
    ):
        with pytest.raises(CannotFit, match="both outcomes are needed"):
            fit()


@pytest.mark.parametrize(
    ("margins", "labels", "why"),
    [
        ([-2, -1, 1, 2], [0, 0, 1, 1], "separate"),
        ([-2, -1, 1, 2], [1, 1, 0, 0], "separate"),
        ([-2, -1, 1, 1], [0, 0, 0, 1], "separate"),
        ([-2, -1, 1, 2], [1, 0, 1, 0], "higher scores would mean less risk"),
        ([1, 1, 1], [0, 1, 0], "one score"),
        ([0, 1e-6, 2e-6, 3e-6], [0, 1, 0, 1], "beyond what a bundle may hold"),
    ],
)
def test_a_slope_that_would_be_none_is_refused(
    margins: list[float], labels: list[int], why: str
) -> None:
    with pytest.raises(CannotFit, match=why):
        fitted_slope(judged(margins, labels))


def test_a_squared_error_knows_no_threshold() -> None:
    with pytest.raises(CannotFit, match="what the errors cost"):
        fitted_threshold(drawn(0, 1, 100), SERVED, None)
