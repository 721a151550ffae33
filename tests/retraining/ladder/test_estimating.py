"""An option says what it wins, what it costs, whom it harms and whether it pays."""

from dataclasses import replace

import numpy as np
import pytest

from contract.sigmoid import sigmoids
from retraining.ladder.answers import Answers
from retraining.ladder.estimating import estimate
from retraining.ladder.evaluation import Link
from retraining.policy import Policy
from tests.retraining.ladder.judged_rows import (
    BRIER,
    MONEY,
    SERVED,
    SHIFTED,
    drawn,
    judged,
    of_link,
    of_scores,
)


def test_what_pays_is_told_with_what_it_wins() -> None:
    rows = drawn(SHIFTED, 6_000)

    nothing, option = estimate(
        rows, SERVED, [of_link(rows, SHIFTED)], BRIER, alpha=0.05, cases_per_day=10
    )

    assert option.pays
    assert option.why_not is None
    assert option.needs is None
    assert option.benefit.estimate == pytest.approx(1_000 * (nothing.loss - option.loss))
    assert option.cost == pytest.approx(1.0)  # .001 for each of 1,000 cases
    assert option.benefit.lower > option.cost
    assert nothing.why_not is not None


def test_what_is_not_known_yet_says_how_many_cases_would_tell() -> None:
    rows = drawn(SHIFTED, 400)

    _, option = estimate(
        rows, SERVED, [of_link(rows, SHIFTED)], BRIER, alpha=0.05, cases_per_day=10
    )

    assert not option.pays
    assert "not known yet" in (option.why_not or "")
    assert option.needs is not None
    assert 100 < option.needs < 3_000


def test_what_wins_too_little_says_so() -> None:
    rows = drawn(Link(), 60_000)

    _, option = estimate(
        rows, SERVED, [of_link(rows, Link(0.01, 1.0))], BRIER, alpha=0.05, cases_per_day=10
    )

    assert not option.pays
    assert option.needs is None
    assert "less than the 1.00 of squared error that it costs" in (option.why_not or "")


def test_a_cost_is_of_the_act_of_the_flips_and_of_the_least_gain() -> None:
    # Two of four cases are decided otherwise by a threshold of .6.
    rows = judged([-5, 0, 0, 5], [0, 0, 1, 1])
    threshold = of_link(rows, Link(), "threshold", 0.6)
    refit = of_scores(sigmoids(rows.margins), 0.6)

    _, lower, higher = estimate(
        rows, SERVED, [refit, threshold], MONEY, alpha=0.05, cases_per_day=1
    )

    assert (lower.rung, higher.rung) == ("threshold", "refit")
    assert lower.flips == higher.flips == 0.5
    assert lower.cost == 20 + 10 + 1000 * (0.5 + 2 * 0.5)
    assert higher.cost == lower.cost + 70
    # One false positive is spared, one false negative is made.
    assert lower.benefit.estimate == 1000 * (100 - 1000) / 4


def test_a_horizon_of_days_is_as_long_as_its_cases_are_many() -> None:
    rows = drawn(SHIFTED, 500)
    policy = Policy.from_toml("[horizon]\ndays = 10")

    few, many = (
        estimate(rows, SERVED, [of_link(rows, SHIFTED)], policy, alpha=0.05, cases_per_day=n)[1]
        for n in (10, 100)
    )

    assert many.benefit.estimate == pytest.approx(10 * few.benefit.estimate)
    assert many.cost == pytest.approx(10 * few.cost)


def test_rows_of_one_case_are_no_further_evidence() -> None:
    rows = drawn(SHIFTED, 400)
    again = judged(
        np.tile(rows.margins, 20), np.tile(rows.labels, 20), cases=np.tile(rows.cases, 20)
    )

    once, often = (
        estimate(r, SERVED, [of_link(r, SHIFTED)], BRIER, alpha=0.05, cases_per_day=10)[1]
        for r in (rows, again)
    )

    assert often.benefit.lower == pytest.approx(once.benefit.lower)
    assert often.benefit.upper == pytest.approx(once.benefit.upper)


def test_a_smaller_alpha_is_surer_and_several_rungs_share_it() -> None:
    rows = drawn(SHIFTED, 2_000)

    def lower(alpha: float) -> float:
        candidates = [of_link(rows, SHIFTED)]
        return estimate(rows, SERVED, candidates, BRIER, alpha=alpha, cases_per_day=1)[
            1
        ].benefit.lower

    assert lower(0.005) < lower(0.05)


def test_a_higher_rung_is_compared_with_each_below_it_case_by_case() -> None:
    rows = drawn(Link(0.8, 0.6), 20_000)
    right, half = of_link(rows, Link(0.8, 0.6), "slope"), of_link(rows, Link(0.3, 1.0))

    _, intercept, slope = estimate(rows, SERVED, [right, half], BRIER, alpha=0.05, cases_per_day=10)

    assert intercept.beyond == ()
    (beyond,) = slope.beyond
    assert beyond.rung == "intercept"
    difference = slope.benefit.estimate - intercept.benefit.estimate
    assert beyond.benefit.estimate == pytest.approx(difference)
    # In pairs far less is left to chance than between the two intervals.
    assert beyond.benefit.lower > slope.benefit.lower - intercept.benefit.upper


def test_what_harms_a_segment_does_not_pay() -> None:
    rows = drawn(SHIFTED, 20_000)
    unlucky = np.arange(20_000) < 2_000
    rows = replace(rows, segments={"mobile": unlucky, "others": ~unlucky})
    scores = sigmoids(SHIFTED.intercept + rows.margins)
    scores[unlucky] = np.random.default_rng(0).permutation(scores[unlucky])

    _, option = estimate(rows, SERVED, [of_scores(scores)], BRIER, alpha=0.05, cases_per_day=10)

    assert option.benefit.lower > option.cost
    assert not option.pays
    assert "worse for mobile beyond the margin" in (option.why_not or "")
    assert [change.harmed for change in option.segments] == [True, False]


def test_what_may_be_worse_than_the_first_model_does_not_pay() -> None:
    rows = drawn(Link(2.0, 1.0), 20_000)
    anchor = Answers(sigmoids(2.0 + rows.margins), 0.2)
    # Better than the champion, and far from what the first model was.
    small_step = of_link(rows, Link(0.5, 1.0))

    free, held = (
        estimate(rows, SERVED, [small_step], BRIER, alpha=0.05, cases_per_day=10, anchor=a)[1]
        for a in (None, anchor)
    )

    assert free.pays
    assert free.anchored
    assert not held.pays
    assert "first model that was approved" in (held.why_not or "")


def test_a_candidate_as_good_as_the_anchor_is_anchored() -> None:
    rows = drawn(SHIFTED, 20_000)
    right = of_link(rows, SHIFTED)

    _, option = estimate(
        rows, SERVED, [right], BRIER, alpha=0.05, cases_per_day=10, anchor=right.answers
    )

    assert option.anchored
    assert option.pays


@pytest.mark.parametrize("rungs", [("intercept", "intercept"), ("threshold",), ("nothing",)])
def test_rungs_that_are_none_of_the_policy_are_refused(rungs: tuple[str, ...]) -> None:
    rows = drawn(Link(), 50)
    candidates = [of_link(rows, Link(), rung) for rung in rungs]  # type: ignore[arg-type]  # any

    with pytest.raises(ValueError, match="at most one of each of intercept, slope, refit"):
        estimate(rows, SERVED, candidates, BRIER, alpha=0.05, cases_per_day=1)


def test_nothing_is_estimated_on_nothing() -> None:
    with pytest.raises(ValueError, match="no rows"):
        estimate(judged([], []), SERVED, [], BRIER, alpha=0.05, cases_per_day=1)
    policy = Policy.from_toml("[horizon]\ndays = 10")
    with pytest.raises(ValueError, match="over some cases"):
        estimate(drawn(Link(), 5), SERVED, [], policy, alpha=0.05, cases_per_day=0)
