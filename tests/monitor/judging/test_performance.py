"""How the scores did, on cohorts that are wholly due."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from monitor.judging.answer import Unsaid
from monitor.judging.calibration import groups
from monitor.judging.cohort import cohorts
from monitor.judging.counts import Counts, together
from monitor.judging.discrimination import Auc
from monitor.judging.held_out import held_out
from monitor.judging.interval import Interval
from monitor.judging.performance import (
    Performance,
    calibration,
    joined,
    of_cohort,
    performance,
)
from tests.monitor.judging.cases import Cases, moment, simulated

LATE = moment("2026-04-01")


def _of(cases: Cases) -> Performance:
    found = performance(cases.counted(LATE))
    assert isinstance(found, Performance)
    return found


def _first(cases: Cases, count: int, *, bad: bool | None = None) -> Cases:
    chosen = np.flatnonzero(np.full(len(cases.bad), True) if bad is None else cases.bad == bad)
    return Cases(*(array[chosen[:count]] for array in vars(cases).values()))


def test_the_figures_are_those_of_the_cases() -> None:
    cases = simulated(11)

    found = _of(cases)

    assert found.expected == pytest.approx(cases.score.sum(), rel=1e-12)
    assert isinstance(found.ratio, Interval)
    assert found.ratio.value == pytest.approx(cases.bad.sum() / cases.score.sum())
    assert isinstance(found.brier, Interval)
    assert found.brier.value == pytest.approx(brier_score_loss(cases.bad, cases.score), rel=1e-12)
    error = (cases.bad - cases.score) ** 2
    exact = 1.959964 * error.std() / np.sqrt(len(error))
    assert exact <= found.brier.high - found.brier.value <= 1.1 * exact
    assert isinstance(found.auc, Auc)
    area = roc_auc_score(cases.bad, cases.score)
    assert abs(found.auc.area.value - area) <= found.auc.hidden


def test_the_groups_are_of_whole_bins_and_hold_what_the_sums_say() -> None:
    cases = simulated(11)

    found = calibration(cases.counted(LATE))

    assert 8 <= len(found) <= 10
    assert sum(group.cases for group in found) == len(cases.bad)
    assert sum(group.bad for group in found) == cases.bad.sum()
    whole = sum(group.expected * group.cases for group in found)
    assert whole == pytest.approx(cases.score.sum())
    for group in found:
        inside = (cases.score >= group.low) & (cases.score < group.high)
        assert group.cases == inside.sum()
        assert group.bad == cases.bad[inside].sum()
        assert group.least <= cases.score[inside].mean() <= group.most
        assert group.expected == pytest.approx(cases.score[inside].mean(), abs=0.003)
        assert group.verdict == 0


def test_a_score_that_says_too_little_is_seen_in_its_group() -> None:
    cases = simulated(12, per_day=200)
    halved = Cases(**{**vars(cases), "score": cases.score / 2})

    found = _of(halved)

    assert isinstance(found.ratio, Interval)
    assert found.ratio.low > 1.8
    assert [group.verdict for group in calibration(halved.counted(LATE))][-5:] == [1] * 5


def test_one_class_says_what_is_missing_and_what_can_be_said() -> None:
    found = _of(_first(simulated(1), 40, bad=False))

    assert found.auc == Unsaid("the order of scores needs 10 bad cases", 10)
    assert isinstance(found.ratio, Interval)
    assert (found.ratio.value, found.ratio.low) == (0, 0)
    assert isinstance(found.brier, Interval)


def test_one_case_is_no_mean() -> None:
    one = _first(simulated(1), 1)

    found = _of(one)

    assert found.brier == Unsaid("a mean error needs 30 judged cases", 29)
    assert [group.cases for group in calibration(one.counted(LATE))] == [1]


def test_a_due_cohort_without_outcomes_cannot_be_said() -> None:
    cases = simulated(1)
    silent = Cases(**{**vars(cases), "observed": np.full(len(cases.bad), "NaT", "datetime64[s]")})
    (cohort, *_) = cohorts(silent.counted(LATE), "month")

    assert of_cohort(cohort, LATE).performance == Unsaid("none of its outcomes is known", 1)


def test_a_cohort_with_one_case_that_is_not_due_is_not_judged() -> None:
    cases = simulated(1)
    due = cases.due.copy()
    due[0] = np.datetime64("2026-05-01")
    late = Cases(**{**vars(cases), "due": due})
    found = cohorts(late.counted(LATE), "month")

    assert [of_cohort(cohort, LATE).performance for cohort in found][:1] == [
        Unsaid("not all of its outcomes are due")
    ]
    assert found[0].due_from(LATE) == moment("2026-05-02")
    whole = joined(found, moment("2026-05-02"))
    assert whole
    assert len(whole) == len(late.counted(LATE))
    assert joined(found[:1], moment("2026-05-01")) is None


def test_without_a_due_time_a_cohort_is_judged_when_it_is_over() -> None:
    cases = simulated(1)
    undated = Cases(**{**vars(cases), "due": np.full(len(cases.bad), "NaT", "datetime64[s]")})
    (cohort,) = cohorts(undated.counted(moment("2026-01-25")), "month")

    early = of_cohort(cohort, moment("2026-01-31"))
    late = of_cohort(cohort, moment("2026-02-01"))

    assert early.performance == Unsaid("it is not over")
    assert isinstance(late.performance, Performance)
    assert late.performance.coverage is None
    assert cohort.due_from(moment("2026-02-01")) is None


def test_a_score_of_zero_expects_nobody() -> None:
    cases = _first(simulated(1), 50)
    flat = Cases(**{**vars(cases), "score": np.zeros(50)})

    assert _of(flat).ratio == Unsaid("every score is 0")


def test_no_rows_have_no_groups() -> None:
    nothing = np.zeros(200, dtype=np.int64)

    assert groups(nothing, nothing, 0.0) == ()


def test_no_figure_is_anything_but_a_number() -> None:
    for cases in (simulated(1), _first(simulated(1), 1), _first(simulated(1), 40, bad=True)):
        json.dumps(asdict(_of(cases)), allow_nan=False)
        groups_ = calibration(cases.counted(LATE))
        json.dumps([asdict(group) for group in groups_], allow_nan=False)


def test_the_order_of_rows_does_not_matter() -> None:
    counts = simulated(1).counted(LATE)
    half = np.arange(len(counts)) % 2 == 1
    other = together([counts.where(half), counts.where(~half)])

    assert performance(other) == performance(counts)


@pytest.mark.parametrize(
    ("metadata", "auc", "brier"),
    [
        ({"metrics": {"auc": 0.84, "brier": 0.05, "rows": 100, "positives": 7}}, 0.84, 0.05),
        ({"metrics": {"auc": "0.84", "brier": float("nan"), "rows": True}}, None, None),
        ({"metrics": [1]}, None, None),
        ({}, None, None),
    ],
)
def test_a_bundle_says_what_it_says(metadata: dict[str, object], auc: float, brier: float) -> None:
    found = held_out("m1", metadata, None)

    assert (found.auc, found.brier, found.binned) == (auc, brier, None)


def test_rows_keep_their_shapes() -> None:
    counts = simulated(1).counted(LATE)

    assert isinstance(counts, Counts)
    assert counts.good_scores.shape == (len(counts), 200)
    assert counts.bad_ages.shape == (len(counts), 26)


@pytest.mark.parametrize("bad", [False, True])
def test_the_interval_of_the_error_is_not_too_narrow_in_either_class(bad: bool) -> None:
    cases = _first(simulated(11), 300, bad=bad)
    error = (cases.bad - cases.score) ** 2

    found = _of(cases).brier

    assert isinstance(found, Interval)
    assert found.high - found.value >= 1.959964 * error.std() / np.sqrt(len(error))
