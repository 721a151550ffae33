"""The estimate of what will have gone bad, against lifelines 0.30 (values worked out there)."""

from itertools import accumulate

import numpy as np
import pytest

from monitor.judging.incidence import estimate, incidence

# Bad, good, and lost from sight after it, in each of six periods of 100 cases.
TABLE = np.array([[10, 0, 0], [6, 4, 20], [3, 6, 10], [2, 9, 5], [0, 5, 0], [1, 2, 0]])
AT_RISK = np.array([100, *(100 - gone for gone in accumulate(TABLE.sum(axis=1)[:-1]))])


def test_it_is_the_estimate_of_aalen_and_johansen() -> None:
    share, variance = estimate(AT_RISK, TABLE[:, 0], TABLE[:, 1])

    # AalenJohansenFitter: cumulative_density_ and variance_.
    assert share == pytest.approx(
        [0.1, 0.16, 0.2, 0.23317073170731709, 0.23317073170731709, 0.25307317073170726], rel=1e-12
    )
    assert variance == pytest.approx(
        [0.0009, 0.001344, 0.00172666666666, 0.00211222593984, 0.00211222593984, 0.0023869230104],
        rel=1e-9,
    )


def test_without_a_competing_event_it_is_the_estimate_of_kaplan_and_meier() -> None:
    lost = TABLE[:, 1] * 0

    found = incidence(AT_RISK, TABLE[:, 0], lost)

    # KaplanMeierFitter: 1 - survival, and 1 - its confidence_interval_, which is by log(-log).
    assert [each.value for each in found if each] == pytest.approx(
        [0.1, 0.16, 0.202, 0.2409268292682928, 0.2409268292682928, 0.2788804878048785]
    )
    assert [(each.low, each.high) for each in found if each][1] == pytest.approx(
        (1 - 0.898752, 1 - 0.752184), abs=1e-6
    )


def test_when_nobody_is_lost_it_is_the_plain_share() -> None:
    at_risk, bad, good = np.array([200, 180, 90]), np.array([20, 10, 5]), np.array([0, 80, 10])

    share, variance = estimate(at_risk, bad, good)

    assert share == pytest.approx(np.array([20, 30, 35]) / 200)
    assert variance == pytest.approx(share * (1 - share) / 200)


def test_it_ends_where_nobody_is_left_to_see() -> None:
    found = incidence(np.array([10, 4, 0, 0]), np.array([2, 1, 0, 0]), np.array([0, 0, 0, 0]))

    assert [each is None for each in found] == [False, False, True, True]


def test_it_goes_on_where_all_are_known() -> None:
    found = incidence(np.array([10, 8, 0]), np.array([2, 3, 0]), np.array([0, 5, 0]))

    assert [each and each.value for each in found] == pytest.approx([0.2, 0.5, 0.5])


def test_none_and_all_have_an_exact_interval() -> None:
    (none,) = incidence(np.array([20]), np.array([0]), np.array([3]))
    (all_of_them,) = incidence(np.array([20]), np.array([20]), np.array([0]))

    assert none
    assert (none.value, none.low, none.high) == pytest.approx((0, 0, 0.1684), abs=1e-4)
    assert all_of_them
    assert all_of_them.low == pytest.approx(1 - 0.1684, abs=1e-4)
