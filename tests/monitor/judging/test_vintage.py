"""Vintages of a simulated portfolio whose truth is known: bad news arrives first."""

from datetime import timedelta

import numpy as np
import pytest

from db.rollup import bins
from monitor.judging.cohort import bounds, cohorts
from monitor.judging.naive import labelled_so_far
from monitor.judging.performance import Performance, joined, of_cohort, performance
from monitor.judging.vintage import AGES, estimate, vintage
from tests.monitor.judging.cases import moment, simulated

TRUTH = 0.2
"""Bad in the end; by an age of 0 to 20 days that part of it."""


def test_labelled_so_far_is_wrong_and_what_is_due_is_right() -> None:
    cases = simulated(7, per_day=400)
    early, late = moment("2026-01-26"), moment("2026-03-05")

    bad, known = labelled_so_far(cases.counted(early), early)
    months = cohorts(cases.counted(early), "month")
    due = joined(cohorts(cases.counted(late), "week"), late)

    # More than twice too high; as of then nothing is judged.
    assert bad / known > 0.42
    assert [cohort.is_due(early) for cohort in months] == [False]
    assert not isinstance(of_cohort(months[0], early).performance, Performance)
    assert due
    found = performance(due)
    assert isinstance(found, Performance)
    assert found.bad / found.cases == cases.bad.mean()
    assert found.bad / found.cases == pytest.approx(TRUTH, abs=0.01)
    assert found.coverage == 1


def test_the_estimate_covers_the_truth() -> None:
    as_of, places = moment("2026-02-12"), [AGES.index(days) for days in (7, 14, 21, 30)]
    covered = np.zeros(len(places))
    for seed in range(200):
        found = estimate(simulated(seed, per_day=20).counted(as_of), as_of)
        for at, place in enumerate(places):
            share, truth = found[place], TRUTH * min(AGES[place] / 20, 1)
            assert share
            covered[at] += share.low <= truth <= share.high

    assert (covered >= 0.93 * 200).all(), covered


def test_a_share_is_told_when_all_of_the_cohort_are_that_old() -> None:
    cases = simulated(1)
    as_of = moment("2026-01-19")
    first, second = cohorts(cases.counted(as_of), "week")

    told, young = vintage(first, as_of), vintage(second, as_of)

    # The first week ended seven days before; the second has just ended.
    assert [bad is not None for bad in told.bad][:7] == [True] * 5 + [False] * 2
    assert all(bad is None for bad in young.bad)
    made = cases.made < np.datetime64("2026-01-12")
    week = (cases.observed - cases.made) < np.timedelta64(7, "D")
    assert told.bad[AGES.index(7)] == (made & week & cases.bad).sum()
    assert told.share(AGES.index(7)) == (made & week & cases.bad).sum() / made.sum()


def test_where_all_are_that_old_the_estimate_is_the_share() -> None:
    as_of = moment("2026-04-01")
    for cohort in cohorts(simulated(5).counted(as_of), "week"):
        found = vintage(cohort, as_of)
        for place, days in enumerate(AGES):
            if days <= 30:
                share = found.estimate[place]
                assert share
                assert share.value == pytest.approx(found.share(place))


def test_a_vintage_only_rises_and_its_intervals_contain_the_estimate() -> None:
    for seed in range(10):
        as_of = moment("2026-01-20") + timedelta(days=3 * seed)
        for cohort in cohorts(simulated(seed, per_day=15).counted(as_of), "week"):
            found = vintage(cohort, as_of)
            bad = [count for count in found.bad if count is not None]
            shares = [share for share in found.estimate if share]
            assert bad == sorted(bad)
            values = [share.value for share in shares]
            assert values == sorted(values)
            assert all(share.low <= share.value <= share.high for share in shares)


def test_what_will_never_be_known_is_no_case() -> None:
    as_of = moment("2026-04-01")
    counts = simulated(5).counted(as_of)
    (before,) = cohorts(counts, "month")[:1]
    before.counts.states[:, 4:] += 3

    found = vintage(before, as_of)

    assert found.cases == before.counts.states[:, :4].sum()


def test_cohorts_begin_on_monday_and_on_the_first() -> None:
    assert bounds(moment("2026-03-01T23:30:00"), "week") == (
        moment("2026-02-23"),
        moment("2026-03-02"),
    )
    assert bounds(moment("2026-12-31T23:30:00"), "month") == (
        moment("2026-12-01"),
        moment("2027-01-01"),
    )
    assert bounds(moment("2026-03-01T23:30:00"), "day") == (
        moment("2026-03-01"),
        moment("2026-03-02"),
    )
    assert bounds(moment("2026-03-01T23:30:00"), "hour") == (
        moment("2026-03-01T23:00:00"),
        moment("2026-03-02"),
    )
    assert bins.AGES == AGES


def test_what_is_labelled_so_far_is_only_of_what_is_not_due() -> None:
    cases, as_of = simulated(3), moment("2026-02-12")

    bad, known = labelled_so_far(cases.counted(as_of), as_of)

    waiting = cases.due.astype("datetime64[D]") >= np.datetime64("2026-02-12")
    told = waiting & (cases.observed <= np.datetime64("2026-02-12"))
    assert (bad, known) == ((told & cases.bad).sum(), told.sum())
    assert 0 < known < len(cases.bad)
