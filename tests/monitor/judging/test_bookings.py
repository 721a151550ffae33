"""On real bookings: 54 % of those labelled were cancelled when in the end it was 41 %."""

import os
import zipfile

import numpy as np
import pandas as pd
import pytest

from examples.hotel_bookings import bookings
from monitor.judging.cohort import Cohort
from monitor.judging.counts import Counts, utc
from monitor.judging.performance import Performance, of_cohort
from monitor.judging.vintage import AGES, estimate
from tests.monitor.judging.cases import Cases, moment

# The cohort of the last 60 days before New Year 2017.
FIRST, NEW_YEAR = moment("2016-11-02"), moment("2017-01-01")


@pytest.fixture(scope="module")
def cases() -> Cases:
    path = os.environ.get("HOTEL_CSV")
    if not path:
        pytest.skip("HOTEL_CSV does not name the zip of the published bookings")
    with zipfile.ZipFile(path) as file, file.open(file.namelist()[0]) as published:
        made = bookings(pd.read_csv(published, keep_default_na=False, low_memory=False))
    made = made[made["booked_on"].between(FIRST.date().isoformat(), "2016-12-31")]
    booked, due, known = (
        made[name].to_numpy().astype("datetime64[s]")
        for name in ("booked_on", "due_on", "outcome_on")
    )
    # The file tells the day; that it was known at noon is as good as any time of it.
    known += np.timedelta64(12, "h")
    bad = made["is_canceled"].to_numpy() == 1
    return Cases(booked, due, np.full(len(bad), 0.3), bad, known, np.full(len(bad), "", object))


def _cohort(cases: Cases, text: str) -> Cohort:
    counts = cases.counted(moment(text))
    return Cohort(FIRST, NEW_YEAR, counts)


def _share(counts: Counts) -> float:
    states = counts.total()
    return states.bad / states.known


def test_before_it_is_due_the_cohort_is_not_judged(cases: Cases) -> None:
    cohort = _cohort(cases, "2017-01-01")

    # What "labelled so far" would say, and nobody is told as a rate.
    assert round(_share(cohort.counts), 2) == 0.54
    assert not isinstance(of_cohort(cohort, NEW_YEAR).performance, Performance)


def test_once_it_is_due_the_cohort_has_the_share_of_the_end(cases: Cases) -> None:
    cohort = _cohort(cases, "2017-09-01")

    found = of_cohort(cohort, moment("2017-09-01")).performance

    assert isinstance(found, Performance)
    assert round(found.bad / found.cases, 2) == 0.41
    assert found.coverage == 1
    assert found.bad / found.cases == cases.bad.mean()
    due_from = cohort.due_from(NEW_YEAR)
    assert due_from
    assert utc(due_from) == cases.due.max() + np.timedelta64(1, "D")


def test_the_estimate_of_then_is_nearer_to_the_end_than_what_was_labelled(cases: Cases) -> None:
    cohort = _cohort(cases, "2017-01-01")

    found = estimate(cohort.counts, NEW_YEAR)

    place = AGES.index(45)
    by_then = (cases.bad & (cases.observed - cases.made < np.timedelta64(45, "D"))).mean()
    share = found[place]
    assert share
    assert abs(share.value - by_then) < 0.05
    assert abs(_share(cohort.counts) - by_then) > 0.1
