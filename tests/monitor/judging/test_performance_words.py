"""What the section of performance says, in each state."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from monitor.judging.answer import Unsaid
from monitor.judging.cohort import Step, cohorts
from monitor.judging.discrimination import Auc
from monitor.judging.held_out import HeldOut
from monitor.judging.interval import Interval, garwood
from monitor.judging.performance import CohortPerformance, Performance
from monitor.judging.performance_facts import PerformanceFacts, performance_facts
from monitor.judging.performance_words import check, note, sentences, waits
from monitor.judging.phrases import UNDATED
from monitor.judging.reading import Known
from tests.monitor.judging.cases import Cases, moment, simulated

AS_OF = moment("2026-07-02")
START = moment("2026-05-25")
AREA = Auc(Interval(0.832, 0.81, 0.85), 0.002)
HELD = HeldOut("m1", 0.837, 0.05, 0.07, Auc(Interval(0.836, 0.826, 0.848), 0.001))


def of(bad: int, expected: float, **more: object) -> Performance:
    ratio = garwood(bad, expected)
    found = Performance(10_000, bad, 1.0, expected, ratio, AREA, Interval(0.05, 0.04, 0.06))
    return replace(found, **more)  # type: ignore[arg-type] # each by its own name


def facts(*performances: Performance | Unsaid, **more: object) -> PerformanceFacts:
    cohorts = tuple(
        CohortPerformance(start, start + timedelta(weeks=1), True, each)
        for each, start in zip(
            performances,
            (START - timedelta(weeks=n) for n in reversed(range(len(performances)))),
            strict=True,
        )
    )
    whole = performances[-1] if performances else None
    found = PerformanceFacts(
        AS_OF, "week", cohorts, whole, False, None, None, False, (0, 0), HELD, 1
    )
    return replace(found, **more)  # type: ignore[arg-type]


def _facts(known: Known, step: Step, held: dict[str, HeldOut]) -> PerformanceFacts:
    return performance_facts(known, cohorts(known.counts, step), step, held)


def _waiting(as_of: str, step: Step = "week", held: HeldOut | None = HELD) -> PerformanceFacts:
    moment_ = moment(as_of)
    known = Known(simulated(1).counted(moment_), moment_)
    return _facts(known, step, {"m1": held} if held else {})


def test_nothing_is_due() -> None:
    found = _waiting("2026-01-20")

    assert waits(found) == (
        "Nothing is due before 4 February. The first week that can be judged, that of 5 January, is"
        " wholly due from 11 February on.",
        "The held-out part of training says AUC 0.837 (95% interval 0.826 to 0.848). That is a"
        " forecast, not a measurement of this traffic.",
    )
    assert sentences(found) == ()
    assert check(found).text == "Not judged yet. Nothing is due before 4 February."
    assert check(found).state == "wait"


def test_a_cohort_that_is_not_over_is_due_when_its_last_day_will_be() -> None:
    found = _waiting("2026-01-05T12:00:00", held=None)

    assert waits(found) == (
        "Nothing is due before 4 February. The first week that can be judged, that of 5 January, is"
        " wholly due from 11 February on.",
        "",
    )


def test_some_are_due_but_no_whole_cohort() -> None:
    found = _waiting("2026-02-08", held=None)

    assert waits(found) == (
        "No week is over and wholly due. The first week that can be judged, that of 5 January, is"
        " wholly due from 11 February on.",
        "",
    )
    assert check(found).text == "Not judged yet. No week is over and wholly due."


def test_what_is_known_so_far_is_told_once_and_as_no_rate() -> None:
    found = _waiting("2026-01-20")
    bad, known = found.naive

    assert note(found) == (
        "Cases are left out until they are due; from 5 January on some are not. Of the"
        f" {known} of these that are known so far {100 * bad / known:.1f}% are bad: that is no"
        " rate, since bad news arrives first."
    )
    assert bad / known > 0.6
    assert note(facts(of(100, 100))) == ""
    assert not any("so far" in sentence for sentence in sentences(found))


def test_no_predictions() -> None:
    found = facts()

    assert waits(found) == (
        "No predictions in the time shown, so that there is nothing to judge.",
        "",
    )
    assert check(found).text == (
        "Not judged yet. No predictions in the time shown, so that there is nothing to judge."
    )


def test_no_cohort_is_over() -> None:
    cases = simulated(1)
    undated = Cases(**{**vars(cases), "due": np.full(len(cases.bad), "NaT", "datetime64[s]")})
    as_of = moment("2026-01-07")
    found = _facts(Known(undated.counted(as_of), as_of), "week", {})

    assert waits(found) == (
        "No week is over and wholly due. The first week that can be judged, that of 5 January, is"
        " wholly due from 12 January on.",
        "",
    )


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (
            104,
            "There 104 went bad and 100 were expected, which chance can explain. Observed over"
            " expected is 1.04 (95% interval 0.85 to 1.26).",
        ),
        (
            130,
            "There 1.3 times as many went bad as expected: 130, not 100. Observed over expected is"
            " 1.3 (95% interval 1.09 to 1.54).",
        ),
        (
            70,
            "There fewer went bad than expected: 70, not 100. Observed over expected is 0.7 (95%"
            " interval 0.546 to 0.884).",
        ),
        (
            0,
            "There fewer went bad than expected: 0, not 100. Observed over expected is 0 (95%"
            " interval 0 to 0.0369).",
        ),
    ],
)
def test_the_last_due_cohort(bad: int, said: str) -> None:
    found = sentences(facts(of(bad, 100.0)))

    assert found[0] == f"The last wholly due week is that of 25 May. {said}"
    assert found[1] == (
        "The order of scores (AUC) is 0.832 (95% interval 0.81 to 0.85); the held-out part of"
        " training says 0.837."
    )


def test_all_due_cohorts_together() -> None:
    found = sentences(facts(of(90, 100), of(100, 100)))

    assert found[1] == (
        "In all 2 wholly due weeks together 100 went bad and 100 were expected, which chance can"
        " explain. Observed over expected is 1 (95% interval 0.814 to 1.22)."
    )


@pytest.mark.parametrize(
    ("step", "name"),
    [
        ("hour", "hour is that from 25 May, 00:00 UTC"),
        ("day", "day is 25 May"),
        ("month", "month is May 2026"),
    ],
)
def test_the_name_of_a_cohort(step: str, name: str) -> None:
    assert f"The last wholly due {name}." in sentences(facts(of(1, 1), step=step))[0]


def test_one_class() -> None:
    few = Unsaid("the order of scores needs 10 bad cases", 7)

    found = sentences(facts(of(3, 3.1, auc=few, brier=Unsaid("a mean error needs 30 cases", 1))))

    assert found[1:] == (
        "The order of scores (AUC) cannot be said: the order of scores needs 10 bad cases, and 7"
        " are missing.",
        "The Brier score cannot be said: a mean error needs 30 cases, and 1 is missing.",
    )


def test_few_are_known() -> None:
    found = facts(of(100, 100, coverage=0.62))

    assert sentences(found)[-1] == (
        "Only 62.0% of the outcomes due there are known. The figures speak of these; those which"
        " are missing may well have ended otherwise."
    )
    assert (check(found).state, check(found).text) == (
        "ask",
        "Bad outcomes over those expected: 1, as far as they are known (62.0%).",
    )


def test_a_due_cohort_of_which_nothing_is_known() -> None:
    found = facts(Unsaid("none of its outcomes is known", 1))

    assert sentences(found) == (
        "The last wholly due week is that of 25 May. None of its outcomes is known, so that nothing"
        " can be said of it.",
    )
    assert check(found).text == "Not judged: no outcome is known."


def test_a_score_of_nothing_but_zeros() -> None:
    found = facts(of(1, 1, ratio=Unsaid("every score is 0")))

    assert sentences(found)[0].endswith("Observed over expected cannot be said: every score is 0.")
    assert check(found).state == "ask"


def test_bins_that_hide_something() -> None:
    hiding = Auc(Interval(0.8, 0.7, 0.9), 0.0123)

    assert sentences(facts(of(1, 1, auc=hiding)))[1].endswith(
        " Scores are counted in bins, which can hide up to 0.012 of it."
    )


def test_several_versions_have_no_one_held_out_part() -> None:
    found = sentences(facts(of(1, 1), held_out=None, versions=2))

    assert found[1].endswith("; 2 versions answered: choose one to see what its training says.")


def test_without_a_declared_time_it_is_said() -> None:
    assert sentences(facts(of(1, 1), undated=True))[-1] == UNDATED


def test_facts_name_the_held_out_part_of_the_only_version() -> None:
    counts = simulated(1).counted(AS_OF)
    other = np.array(["m2" if n else "m1" for n in range(len(counts))], dtype=object)
    mixed = replace(counts, version=other)

    assert _facts(Known(counts, AS_OF), "week", {"m1": HELD}).held_out == HELD
    found = _facts(Known(mixed, AS_OF), "week", {"m1": HELD})
    assert (found.held_out, found.versions) == (None, 2)
