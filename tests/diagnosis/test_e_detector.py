"""The promises of e-values and of the detectors that multiply them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm

from diagnosis import e_detector

THOUSANDTHS = st.integers(1, 999).map(lambda part: part / 1000)


@settings(max_examples=60, deadline=None)
@given(THOUSANDTHS, st.floats(0.0, 0.05), st.floats(0.002, 0.05), st.integers(1, 300))
def test_an_e_value_of_shares_is_at_most_1_in_the_mean_within_the_bounds(
    p: float, reach: float, tolerance: float, n: int
) -> None:
    low, high = max(p - reach, 0.0), min(p + reach, 1.0)
    test = e_detector.Shares.of(np.array(low), np.array(high), np.array(tolerance))
    ones = np.arange(n + 1.0)

    told = np.stack([test.log_e(np.array(k), np.array(float(n))) for k in ones])

    mean = np.exp(binom.logpmf(ones, n, p)[:, None, None] + told).sum(axis=0)
    assert (mean <= 1 + 1e-6).all()


def test_an_e_value_grows_with_what_is_beyond_the_bound_in_either_direction() -> None:
    test = e_detector.Shares.of(np.array(0.18), np.array(0.22), np.array(0.02))

    more, fewer = (test.log_e(np.array(k), np.array(1000.0)) for k in (300.0, 100.0))

    assert more[0].max() > 5
    assert more[1].max() < 0
    assert fewer[1].max() > 5
    assert fewer[0].max() < 0


def test_what_cannot_fall_below_its_bound_is_not_tested_for_a_fall() -> None:
    test = e_detector.Shares.of(np.array(-0.004), np.array(0.016), np.array(0.01))

    told = test.log_e(np.array(0.0), np.array(1e7))

    assert (told[1] == e_detector.FLOOR).all()


@pytest.mark.parametrize("mean", [-0.02, 0.0, 0.02])
def test_an_e_value_of_normal_estimates_is_at_most_1_in_the_mean(mean: float) -> None:
    grid = np.linspace(-1, 1, 4001)
    bounds = (np.full(len(grid), -0.02), np.full(len(grid), 0.02), np.full(len(grid), 0.02))

    told = e_detector.of_normal(grid, np.full(len(grid), 0.05), *bounds)

    weights = norm.pdf(grid, mean, 0.05) * (grid[1] - grid[0])
    assert ((weights[:, None, None] * np.exp(told)).sum(axis=0) <= 1 + 1e-3).all()


def test_an_estimate_that_is_no_number_tells_nothing() -> None:
    nothing = np.array([np.nan, 1.0]), np.array([0.1, np.nan])

    told = e_detector.of_normal(*nothing, np.zeros(2), np.zeros(2), np.ones(2))

    assert (told == 0).all()


def test_a_step_is_one_more_times_the_e_value() -> None:
    log_m = np.log(np.full((1, 2, 5), 3.0))

    later = e_detector.step(log_m, np.log(np.full((1, 2, 5), 2.0)))

    assert np.allclose(np.exp(later), (1 + 3) * 2, rtol=1e-5)


def test_a_false_page_is_as_rare_as_promised_at_the_bound_itself() -> None:
    """P(M reaches c within T looks) is at most T / c, here 1 in 10."""
    draw, streams, looks, enough = np.random.default_rng(1), 3000, 100, np.log(1000)
    b = np.full(streams, 0.22)
    test = e_detector.Shares.of(b - 0.04, b, np.full(streams, 0.02))
    log_m, crossed = e_detector.nothing(streams), np.zeros(streams, dtype=bool)

    for _ in range(looks):
        ones = draw.binomial(200, 0.22, streams).astype(np.float64)
        log_m = e_detector.step(log_m, test.log_e(ones, np.full(streams, 200.0)))
        crossed |= e_detector.evidence(log_m) >= enough

    assert 0 < crossed.mean() < 0.1
