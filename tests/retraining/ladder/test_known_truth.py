"""Where the truth is known, the proposal is the right one, and chance promotes nothing."""

import pytest

from benchmarks.retraining.__main__ import POLICIES
from benchmarks.retraining.deciding import propose
from benchmarks.retraining.scenarios import SCENARIOS
from benchmarks.retraining.year import FREE, promoted
from retraining.policy import Policy

YEARS = 15


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("policy", POLICIES)
def test_the_right_action_is_proposed(scenario: str, policy: str) -> None:
    goes_by = Policy.from_toml(POLICIES[policy])

    found = propose(SCENARIOS[scenario], goes_by, seed=0)

    assert SCENARIOS[scenario].is_right(found.verdict, goes_by), found


@pytest.mark.parametrize("policy", FREE)
def test_in_years_without_a_change_nothing_is_promoted(policy: str) -> None:
    goes_by = Policy.from_toml(FREE[policy])

    years = [promoted(goes_by, seed, cases_per_week=60) for seed in range(YEARS)]

    assert sum(week is not None for week in years) <= goes_by.evidence.alpha * YEARS


def test_without_the_bounds_every_year_would_promote_something() -> None:
    goes_by = Policy.from_toml(FREE["brier"])

    years = [promoted(goes_by, seed, cases_per_week=60, alpha=2.9) for seed in range(3)]

    assert all(week is not None for week in years)
