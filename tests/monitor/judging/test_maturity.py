"""What is due, and what is known of it."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.rollup import bins
from monitor.judging.cohort import cohorts
from monitor.judging.counts import Counts, States
from monitor.judging.maturity import Delay, by_caller, delay, first_due, maturity
from monitor.judging.merging import merged
from monitor.judging.performance import Performance, performance
from monitor.judging.vintage import vintage
from tests.monitor.judging.cases import Cases, moment, simulated

# unreported, interim, good, bad, retracted, unobservable, contested
ROW = (1, 2, 30, 40, 5, 6, 7)


def _counts(*due: str | None, caller: str = "") -> Counts:
    keys = [("2026-01-05", day, "m1", caller) for day in due]
    zero = [np.zeros((len(due), width)) for width in (5, 200, 200, 26, 26)]
    return Counts.of(24, keys, np.array([ROW] * len(due)), *zero)


def test_a_day_is_due_when_it_is_over() -> None:
    counts = _counts("2026-02-04")

    just_before = maturity(counts, moment("2026-02-04T23:59:59.999999"))
    then = maturity(counts, moment("2026-02-05"))

    assert just_before.due == States()
    assert (just_before.early_bad, just_before.immature) == (40, 33)
    assert just_before.coverage is None
    assert (then.judged, then.overdue, then.waiting) == (70, 3, States())
    assert then.expected == 91 - 6
    assert then.coverage == 70 / 85


def test_where_no_time_is_declared_nothing_is_overdue() -> None:
    found = maturity(_counts(None), moment("2030-01-01"))

    assert (found.undated.known, found.overdue, found.judged) == (70, 0, 0)
    assert found.coverage is None
    assert first_due(_counts(None), moment("2020-01-01")) is None


def test_the_next_day_on_which_something_is_due() -> None:
    counts = _counts("2026-02-04", "2026-02-06", None)

    assert first_due(counts, moment("2026-02-04")) == date(2026, 2, 4)
    assert first_due(counts, moment("2026-02-05")) == date(2026, 2, 6)
    assert first_due(counts, moment("2026-02-07")) is None


def test_what_is_set_aside_is_that_of_all_whether_due_or_not() -> None:
    found = maturity(_counts("2026-02-04", "2026-02-06", None), moment("2026-02-05"))

    assert found.set_aside == States(retracted=15, unobservable=18, contested=21)


@given(st.integers(0, 70), st.integers(0, 5))
def test_the_callers_together_are_all(days: int, seed: int) -> None:
    as_of = moment("2026-01-05") + days * (moment("2026-01-02") - moment("2026-01-01"))
    counts = simulated(seed, per_day=10).counted(as_of)

    whole, parts = maturity(counts, as_of), by_caller(counts, as_of).values()

    for name in ("due", "waiting", "undated"):
        assert sum((getattr(part, name) for part in parts), States()) == getattr(whole, name)
    assert whole.predictions == int(counts.states.sum())
    assert whole.due.predictions == whole.judged + whole.overdue + whole.due.set_aside


def test_hours_say_what_days_say() -> None:
    as_of = moment("2026-02-20")

    by_hour = maturity(simulated(1).counted(as_of, hours=1), as_of)

    assert by_hour == maturity(simulated(1).counted(as_of), as_of)
    assert by_hour.median == Delay(14, 21)


def test_a_delay_lies_in_the_bin_of_its_quantile() -> None:
    cases = simulated(3)
    known = cases.observed - cases.made
    ages = np.bincount(np.searchsorted(bins.AGES, known / np.timedelta64(1, "D"), side="right"))
    ages = np.concatenate([ages, np.zeros(26 - len(ages), dtype=np.int64)])

    for share in (0.05, 0.5, 0.95):
        found = delay(ages, share)
        true = np.quantile(known, share, method="inverted_cdf") / np.timedelta64(1, "D")
        assert found
        assert found.high
        assert found.low <= true < found.high


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_a_delay_beyond_all_edges_has_no_upper_end(share: float) -> None:
    ages = np.zeros(26, dtype=np.int64)
    assert delay(ages, share) is None
    ages[25] = 1
    assert delay(ages, share) == Delay(1095, None)


def test_no_rows_are_no_predictions() -> None:
    nobody = Cases(*(array[:0] for array in (vars(simulated(1)).values())))

    found = maturity(nobody.counted(moment("2026-02-05")), moment("2026-02-05"))

    assert (found.predictions, found.coverage, found.median) == (0, None, None)


@pytest.mark.parametrize("text", ["2026-01-20", "2026-02-12", "2026-04-01"])
def test_merged_rows_say_the_same(text: str) -> None:
    cases, as_of = simulated(2), moment(text)
    # Each case is due on a day of its own, and some never.
    days = np.random.default_rng(1).integers(1, 40, len(cases.bad)).astype("timedelta64[D]")
    due = np.where(days == np.timedelta64(3, "D"), np.datetime64("NaT"), cases.made + days)
    counts = replace(cases, due=due).counted(as_of)

    found = merged(counts, as_of)

    assert len(found) < len(counts) / 4
    assert maturity(found, as_of) == maturity(counts, as_of)
    assert by_caller(found, as_of) == by_caller(counts, as_of)
    assert first_due(found, as_of) == first_due(counts, as_of)
    for step in ("day", "week"):
        for first, second in zip(cohorts(found, step), cohorts(counts, step), strict=True):
            assert first.due_from(as_of) == second.due_from(as_of)
            assert first.is_due(as_of) == second.is_due(as_of)
            assert vintage(first, as_of).bad == vintage(second, as_of).bad
            assert vintage(first, as_of).estimate == vintage(second, as_of).estimate
    told, whole = performance(found), performance(counts)
    assert isinstance(told, Performance)
    assert isinstance(whole, Performance)
    assert (told.cases, told.bad, told.auc) == (whole.cases, whole.bad, whole.auc)
    assert told.expected == pytest.approx(whole.expected, rel=1e-14)
