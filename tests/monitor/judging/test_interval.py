"""Intervals, against tables and scipy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from monitor.judging.interval import clopper_pearson, garwood, log_log, logit, wald


@pytest.mark.parametrize(("count", "of"), [(0, 1), (1, 1), (0, 20), (3, 20), (1_234, 98_765)])
def test_a_share_is_that_of_clopper_and_pearson(count: int, of: int) -> None:
    exact = stats.binomtest(count, of).proportion_ci(method="exact")

    found = clopper_pearson(count, of)

    assert found.value == count / of
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), rel=1e-8)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    # As printed in tables of exact Poisson limits.
    [(0, 0, 3.689), (1, 0.02532, 5.572), (10, 4.795, 18.39), (100, 81.36, 121.6)],
)
def test_a_ratio_is_that_of_garwood(count: int, low: float, high: float) -> None:
    found = garwood(count, 2.0)

    assert found.value == count / 2
    assert (2 * found.low, 2 * found.high) == pytest.approx((low, high), rel=5e-4)


@given(st.integers(0, 5000), st.integers(1, 5000), st.floats(1e-6, 1e6), st.floats(0, 10))
def test_an_interval_contains_its_estimate(
    count: int, more: int, expected: float, variance: float
) -> None:
    share = (count + 0.5) / (count + more + 1)
    found = [clopper_pearson(count, count + more), garwood(count, expected)]
    found += [form(share, variance) for form in (wald, logit, log_log)]

    assert all(each.low <= each.value <= each.high for each in found)
    assert all(0 <= each.low <= each.high <= 1 for each in (found[0], *found[2:]))
