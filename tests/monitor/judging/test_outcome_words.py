"""What the section of outcomes says, in each state."""

from dataclasses import replace
from datetime import date

import pytest

from monitor.judging.counts import States
from monitor.judging.maturity import Delay, Maturity
from monitor.judging.outcome_words import HOW, OutcomeFacts, check, sentences, waits
from tests.monitor.judging.cases import moment

NONE = States()
AS_OF = moment("2026-02-20")


def facts(
    due: States = NONE, waiting: States = NONE, undated: States = NONE, **more: object
) -> OutcomeFacts:
    whole = Maturity(due, waiting, undated, None, None)
    next_due = date(2026, 3, 4) if waiting.predictions else None
    found = OutcomeFacts(AS_OF, whole, {"": whole}, next_due)
    return replace(found, **more)  # type: ignore[arg-type] # each by its own name


def test_no_predictions() -> None:
    assert waits(facts()) == (
        "No predictions in the time shown, so that no outcome is due, and none missing.",
        "",
    )
    assert check(facts()).text == "Not judged yet. None is due."


def test_nothing_due_and_nothing_received() -> None:
    found = facts(waiting=States(unreported=158))

    assert waits(found) == (
        "None received, and none is missing: nothing is due before 4 March.",
        HOW,
    )
    assert (check(found).state, check(found).text) == (
        "wait",
        "Not judged yet. First due on 4 March.",
    )


def test_nothing_due_but_early_word() -> None:
    found = facts(waiting=States(unreported=100, good=3, bad=17))

    assert waits(found) is None
    assert sentences(found) == (
        "Nothing is due before 4 March. Early word has come of 20; no rate can be made of it, since"
        " bad news arrives first.",
    )


def test_a_due_day_of_another_year_names_it() -> None:
    found = facts(waiting=States(unreported=1), next_due=date(2028, 2, 1))

    assert check(found).text == "Not judged yet. First due on 1 February 2028."


@pytest.mark.parametrize(
    ("due", "said", "checked", "state"),
    [
        (
            States(good=900, bad=100),
            "All 1,000 outcomes due are known.",
            "All of those due are here.",
            "ok",
        ),
        (States(bad=1), "The only outcome due is known.", "All of those due are here.", "ok"),
        (
            States(unreported=60, interim=20, good=800, bad=120),
            "Of 1,000 outcomes due, 92.0% are known; 80 are overdue.",
            "92.0% of those due are here.",
            "ok",
        ),
        (
            States(unreported=1, good=9_999),
            "Of 10,000 outcomes due, more than 99.9% are known; 1 is overdue.",
            "more than 99.9% of those due are here.",
            "ok",
        ),
        (
            States(unreported=100),
            "Of 100 outcomes due, 0.0% are known; 100 are overdue.",
            "Only 0.0% of those due are here.",
            "ask",
        ),
        (
            States(unobservable=3),
            "Of 3 outcomes due none can be known.",
            "Not judged yet. None is due.",
            "wait",
        ),
    ],
)
def test_what_is_due(due: States, said: str, checked: str, state: str) -> None:
    found = facts(due)

    assert waits(found) is None
    assert sentences(found)[:2] == (said, "All are due.")
    assert (check(found).text, check(found).state) == (checked, state)


def test_what_is_due_and_what_is_not() -> None:
    found = facts(States(good=10), States(unreported=1))

    assert sentences(found) == (
        "All 10 outcomes due are known.",
        "1 more is not due yet, the next on 4 March.",
    )


def test_so_few_are_known_that_it_is_said() -> None:
    found = facts(States(unreported=380, good=600, bad=20))

    assert sentences(found) == (
        "Of 1,000 outcomes due, 62.0% are known; 380 are overdue.",
        "All are due.",
        "So few are known that those which are missing may well have ended otherwise.",
    )
    assert (check(found).state, check(found).text) == ("ask", "Only 62.0% of those due are here.")


@pytest.mark.parametrize(
    ("overdue", "said"),
    [
        ({"branch": 60, "broker": 20}, ", more than half of them from branch."),
        ({"": 60, "broker": 20}, ", more than half of them from callers without a key."),
        ({"branch": 80, "broker": 0}, ", all of them from branch."),
        ({"branch": 40, "broker": 40}, "."),
        ({"branch": 80}, "."),
    ],
)
def test_whose_are_overdue(overdue: dict[str, int], said: str) -> None:
    found = facts(
        States(unreported=80, good=920),
        callers={
            name: Maturity(States(unreported=late), NONE, NONE, None, None)
            for name, late in overdue.items()
        },
    )

    assert sentences(found)[0] == "Of 1,000 outcomes due, 92.0% are known; 80 are overdue" + said


def test_what_counts_neither_as_good_nor_as_bad() -> None:
    found = facts(States(good=95, contested=3, unobservable=1, retracted=1))

    assert sentences(found)[0] == "Of 99 outcomes due, 96.0% are known; none is overdue."
    assert sentences(found)[2] == (
        "3 are contested: reports contradict each other; 1 can never be known; 1 is taken back."
        " They count neither as good nor as bad."
    )


def test_no_due_time_is_declared() -> None:
    silent, told = (facts(undated=states) for states in (States(unreported=9), States(bad=9)))

    box = waits(silent)
    assert box
    assert box[0] == (
        "None received, and none is missing: no time is declared by which outcomes are due."
    )
    assert waits(told) is None
    (only,) = sentences(told)
    assert only.startswith("No time is declared by which these outcomes are due. So what is")
    assert check(told).text == "9 outcomes received; no time is declared for them."


@pytest.mark.parametrize(
    ("median", "said"),
    [
        (Delay(21, 30), "The median delay is 21 to 30 days, the 95th percentile 30 to 45 days."),
        (Delay(0, 1), "The median delay is less than a day, the 95th percentile 30 to 45 days."),
        (
            Delay(1095, None),
            "The median delay is more than 1,095 days, the 95th percentile 30 to 45 days.",
        ),
    ],
)
def test_how_long_it_took(median: Delay, said: str) -> None:
    whole = Maturity(States(good=10), NONE, NONE, median, Delay(30, 45))

    assert sentences(facts(States(good=10), all=whole))[-1] == said


def test_business_time_alone() -> None:
    assert sentences(facts(States(good=10), replayed=True))[-1] == (
        "Business time alone decides here: what was observed by then counts, whenever it came."
    )


def test_rows_that_are_gone() -> None:
    found = facts(States(good=10), retired=7)

    assert sentences(found)[-1] == (
        "Of 7 predictions the rows are gone; this answer is without them."
    )
