"""The first rule that matches, and the lowest rung that pays."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from retraining.case_facts import Maturity, Trigger
from retraining.ladder.deciding import decide
from retraining.ladder.evaluation import Link
from retraining.ladder.option import Beyond, Interval, Option, Proposal, Rung
from retraining.ladder.standing import Standing
from retraining.policy import Policy

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
RIPE = Maturity(due=4_000, known=3_980, bads=300, contested=3, quarantined=0, next_due=None)
POLICY = Policy.read(None)
MANUAL = Trigger("manual", None)


def incident(action: str, cause: str = "calibration", **members: Any) -> Trigger:
    diagnosis = {
        "cause": cause,
        "columns": [],
        "action": action,
        "undetermined": cause == "undetermined",
        "decides": None,
        **members,
    }
    return Trigger("incident", {"incident_id": 7, "diagnosis": diagnosis})


def option(rung: Rung, lower: float, estimate: float, upper: float, **members: Any) -> Option:
    """At a cost of 10, unless another is given."""
    found = Option(
        rung=rung,
        link=Link(),
        threshold=0.2,
        loss=0.1,
        benefit=Interval(estimate, lower, upper),
        cost=10.0,
        flips=0.0,
        segments=(),
        anchored=True,
        pays=lower > 10,
        why_not=None if lower > 10 else "It does not pay.",
    )
    return replace(found, **members)


NOTHING = option("nothing", 0, 0, 0, cost=0.0, pays=False)


def beyond(rung: Rung, lower: float) -> tuple[Beyond, ...]:
    return (Beyond(rung, Interval(lower + 5, lower, lower + 10)),)


def decided(*options: Option, trigger: Trigger = MANUAL, **known: Any) -> Proposal:
    given: dict[str, Any] = {"maturity": RIPE, "policy": POLICY, "as_of": AS_OF} | known
    return decide(trigger, options=[NOTHING, *options], **given)


PAYING = option("intercept", 20, 30, 40)


def test_a_fault_is_mended_before_anything_else() -> None:
    fault = incident("fix_pipeline", "unit", columns=["MonthlyIncome"])

    found = decided(PAYING, trigger=fault, maturity=replace(RIPE, known=0, bads=0))

    assert found.verdict == "fix_pipeline"
    assert "unit in MonthlyIncome" in found.reason
    assert (found.rung, found.next_look) == (None, None)


@pytest.mark.parametrize(
    ("trigger", "why"),
    [
        (
            incident("wait", "undetermined", decides={"observation": "60 more outcomes"}),
            "What would tell: 60 more outcomes.",
        ),
        (incident("wait", "outcome_delay"), "do not stand for all (outcome delay)"),
        (Trigger("incident", {"incident_id": 7, "diagnosis": None}), "no diagnosis yet"),
    ],
)
def test_what_is_not_understood_is_waited_for(trigger: Trigger, why: str) -> None:
    found = decided(PAYING, trigger=trigger)

    assert found.verdict == "wait"
    assert why in found.reason
    assert found.next_look == AS_OF + timedelta(days=7)


def test_too_few_outcomes_are_waited_for_until_more_are_due() -> None:
    later = AS_OF + timedelta(days=11)

    found = decided(PAYING, maturity=replace(RIPE, known=3_799, next_due=later))

    assert found.verdict == "wait"
    assert "Of 4,000 due cases 3,799" in found.reason
    assert found.next_look == later


def test_where_nothing_is_due_nothing_is_judged() -> None:
    found = decided(maturity=Maturity(0, 0, 0, 0, 0, AS_OF + timedelta(days=30)))

    assert found.verdict == "wait"
    assert "No case is due yet" in found.reason


def test_too_few_bads_say_how_many_cases_would_bring_them() -> None:
    found = decided(PAYING, maturity=replace(RIPE, bads=40), cases_per_day=100.0)

    assert found.verdict == "wait"
    assert found.more_cases == 995  # 10 more, of which 3,980 cases had 40
    assert found.next_look == AS_OF + timedelta(days=9.95)

    none = decided(PAYING, maturity=replace(RIPE, bads=0))
    assert (none.verdict, none.more_cases) == ("wait", None)


def test_without_an_option_there_is_nothing_to_decide() -> None:
    assert decided().verdict == "wait"


def test_the_lowest_rung_that_pays_is_taken() -> None:
    refit = option("refit", 25, 60, 90, cost=15.0, beyond=beyond("intercept", 4.0))

    found = decided(PAYING, refit, trigger=incident("consider_retraining"))

    assert (found.verdict, found.rung) == ("recalibrate", "intercept")
    assert "30.00 of squared error (from 20.00 to 40.00)" in found.reason
    assert "it is not sure that this pays" in found.reason


def test_a_higher_rung_is_taken_that_wins_more_than_it_costs_more() -> None:
    refit = option("refit", 25, 60, 90, cost=15.0, beyond=beyond("intercept", 5.1))

    assert decided(PAYING, refit).verdict == "refit"


def test_a_higher_rung_that_may_not_be_is_not_taken() -> None:
    forbidden = option("refit", 90, 95, 99, pays=False, beyond=beyond("intercept", 50))

    assert decided(PAYING, forbidden).verdict == "recalibrate"


@pytest.mark.parametrize(
    ("rung", "verdict"),
    [("threshold", "threshold"), ("slope", "recalibrate"), ("refit", "refit")],
)
def test_each_rung_has_its_verdict(rung: Rung, verdict: str) -> None:
    found = decided(option(rung, 20, 30, 40))

    assert (found.verdict, found.rung) == (verdict, rung)


def test_nothing_is_done_where_nothing_wins_its_cost() -> None:
    found = decided(option("intercept", -2, 1, 9), option("refit", -9, 2, 10))

    assert (found.verdict, found.rung) == ("nothing", "nothing")
    assert "another intercept 1.00" in found.reason


def test_what_is_undecided_waits_for_the_first_that_may_pay() -> None:
    options = [
        option("intercept", 2, 30, 50, needs=700),
        option("slope", 3, 32, 50, needs=900),
        option("refit", -9, 2, 19, needs=50),
    ]

    found = decided(*options, cases_per_day=50.0)

    assert (found.verdict, found.more_cases) == ("wait", 700)
    assert found.next_look == AS_OF + timedelta(days=14)
    assert "About 700 more due cases would tell" in found.reason


def test_where_nothing_seems_to_pay_the_last_of_them_is_waited_for() -> None:
    options = [option("intercept", 2, 5, 12, needs=700), option("refit", -9, 2, 19, needs=2_000)]

    assert decided(*options).more_cases == 2_000


def test_where_no_number_of_cases_decides_the_next_usual_look_is_told() -> None:
    found = decided(option("intercept", 2, 10, 18))

    assert (found.verdict, found.more_cases) == ("wait", None)
    assert found.next_look == AS_OF + timedelta(days=7)
    assert "No number of cases" in found.reason


def test_what_would_pay_and_may_not_is_a_persons_work() -> None:
    forbidden = option("refit", 20, 30, 40, pays=False, why_not="It is worse for mobile.")

    found = decided(option("intercept", -2, 1, 9), forbidden)

    assert found.verdict == "redesign"
    assert "worse for mobile" in found.reason


def test_a_model_that_nothing_mends_is_a_persons_work() -> None:
    options = [option("intercept", -2, 1, 9), option("refit", -9, 2, 9)]

    bad, good = (decided(*options, standing=Standing(now, 0.7)) for now in (0.9, 0.8))

    assert bad.verdict == "redesign"
    assert "90%" in bad.reason
    assert good.verdict == "nothing"
