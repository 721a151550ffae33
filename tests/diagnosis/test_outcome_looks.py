"""What is said of cases that fell due."""

from dataclasses import replace

import numpy as np
import pytest

from diagnosis import calibration
from diagnosis.outcome_looks import OutcomeLooks
from diagnosis.rows import Rows
from diagnosis.trace import Look, Trace
from tests.diagnosis import streams_of_counts as made

REFERENCE = made.reference()
LOOKS = OutcomeLooks.of(REFERENCE)
DUE = 30 * 24.0


def _cases(
    draw: np.random.Generator,
    day: int,
    rows: int = 1500,
    *,
    odds: float = 1.0,
    young: float = 1.0,
    coverage: float = 0.9,
    slower: float = 1.0,
) -> Rows:
    values = made.people(draw, rows)
    times = np.sort(day * 24 + 24 * draw.random(rows))
    found = made.rows_of(values, times, draw.random(rows) < 0.4)
    changed = odds * np.where(values[:, 2] == 1, young, 1.0)
    p = found.scores
    p = changed * p / (1 - p + changed * p)
    outcomes = (draw.random(rows) < p).astype(np.float64)
    lost = draw.random(rows) >= coverage
    observed = times + 200 * slower * np.exp(0.4 * draw.standard_normal(rows))
    return replace(
        found,
        outcomes=np.where(lost, np.nan, outcomes),
        observed=np.where(lost, np.nan, observed),
        due=times + DUE,
    )


def _lived(days: int, onset: int = 10**6, **change: float) -> dict[str, Trace]:
    draw = np.random.default_rng(2)
    traces: dict[str, Trace] = {}
    for day in range(days):
        now = change if day >= onset else {}
        cases = _cases(draw, day, 1500, **now)
        for _, look in LOOKS.look(cases):
            traces.setdefault(look.name, Trace.of(look)).look(look, held=False)
    return traces


def test_quiet_days_leave_little_evidence() -> None:
    traces = _lived(20)

    assert max(trace.evidence for trace in traces.values()) < 6
    assert {"observed/expected", "auc", "coverage", "delay"} <= set(traces)
    assert "observed/expected, region = south" in traces
    assert "observed/expected, caller mobile" in traces


@pytest.mark.parametrize("odds", [1.4, 1 / 1.4])
def test_worse_and_better_outcomes_are_seen_and_said_as_a_ratio_of_odds(odds: float) -> None:
    traces = _lived(24, 16, odds=odds)

    found = traces["observed/expected"]
    assert found.evidence > 12
    assert found.said(found.after(16 * 24)) == pytest.approx(odds, rel=0.08)
    assert found.said(found.level) == pytest.approx(1, abs=0.07)


def test_the_segment_whose_outcomes_changed_stands_out() -> None:
    traces = _lived(24, 15, young=1.8)

    assert traces["observed/expected, region = south"].evidence > 15
    assert traces["observed/expected, region = north"].evidence < 5


def test_lost_outcomes_and_late_ones_are_seen() -> None:
    lost, late = _lived(22, 16, coverage=0.75), _lived(22, 16, slower=1.5)

    assert lost["coverage"].evidence > 12
    assert lost["coverage"].after(16 * 24) == pytest.approx(0.75, abs=0.03)
    assert late["delay"].evidence > 12
    assert late["delay"].said(late["delay"].after(16 * 24)) == pytest.approx(300, rel=0.05)
    assert late["observed/expected"].evidence < 5


def test_no_case_and_no_outcome_say_nothing_and_one_is_no_alarm() -> None:
    draw = np.random.default_rng(3)
    none = _cases(draw, 0, 0)
    unknown = replace(_cases(draw, 0, 60), outcomes=np.full(60, np.nan))
    one = _cases(draw, 0, 1, coverage=1.0)

    assert list(LOOKS.look(none)) == []
    assert {look.name.split(",")[0] for _, look in LOOKS.look(unknown)} == {"coverage"}
    for _, look in LOOKS.look(one):
        trace = Trace.of(look)
        trace.look(look, held=False)
        assert np.isfinite(trace.evidence)
        assert trace.evidence < 3


def test_outcomes_of_one_kind_alone_give_finite_estimates() -> None:
    cases = _cases(np.random.default_rng(3), 0, 300, coverage=1.0)

    for value in (0.0, 1.0):
        for _, look in LOOKS.look(replace(cases, outcomes=np.full(300, value))):
            assert np.isfinite([look.value, look.error]).all()
            assert look.error > 0


def test_an_e_value_of_outcomes_is_at_most_1_in_the_mean_at_the_bound() -> None:
    """Probabilities differ within a bin; the tilt is that of the bin's mean."""
    draw = np.random.default_rng(5)
    chances = draw.beta(1, 10, 400).clip(0.001, 0.9)
    one = np.ones((400, 1), dtype=bool)
    (plain,) = calibration.cohorts(one, np.zeros(400), chances)
    told = []

    for _ in range(1000):
        events = (draw.random(400) < chances).astype(np.float64)
        (cohort,) = calibration.cohorts(one, events, chances)
        told.append(cohort.log_e(0.0, 0.0, 0.14)[:, :2])

    means = np.exp(np.array(told))
    assert (means.mean(axis=0) < 1 + 3 * means.std(axis=0) / np.sqrt(len(told))).all()
    assert plain.expected.sum() == pytest.approx(chances.sum())


def test_the_area_under_the_curve_is_that_of_pairs() -> None:
    draw = np.random.default_rng(7)
    places, events = draw.integers(0, 6, 300), (draw.random(300) < 0.3).astype(np.float64)

    found = calibration.auc(events, places, 6)

    good, bad = places[events == 0], places[events == 1]
    pairs = np.mean((bad[:, None] > good) + 0.5 * (bad[:, None] == good))
    assert found is not None
    assert found[0] == pytest.approx(pairs)
    assert 0.01 < found[1] < 0.1
    assert calibration.auc(np.ones(9), places[:9], 6) is None


def test_a_reference_without_a_sample_is_watched_all_the_same() -> None:
    found = OutcomeLooks.of(made.reference(sample=False))

    looks: list[Look] = [look for _, look in found.look(_cases(np.random.default_rng(1), 0))]

    by_name = {look.name: look for look in looks}
    assert by_name["observed/expected"].anchor is not None
    assert by_name["observed/expected, region = south"].anchor is None


def test_a_version_whose_cases_are_due_at_other_times_sees_no_delay() -> None:
    """In its first weeks only what is due soon has fallen due."""
    draw = np.random.default_rng(2)
    trace: Trace | None = None
    for day in range(40):
        cases = _cases(draw, day, 600, coverage=1.0)
        # Repaid shortly before: half of them after 15 days, and from the 15th day on after 30.
        terms = np.where((draw.random(600) < 0.5) & (day >= 15), 30 * 24.0, 15 * 24.0)
        cases = replace(
            cases, due=cases.times + terms, observed=cases.times + terms * draw.normal(0.9, 0.02)
        )
        for _, look in LOOKS.look(cases):
            if look.name == "delay":
                trace = trace or Trace.of(look)
                trace.look(look, held=False)

    assert trace is not None
    assert trace.evidence < 6
    assert 13 * 24 < trace.said(trace.level) < 28 * 24


def test_without_a_due_time_delays_are_hours() -> None:
    draw = np.random.default_rng(2)
    cases = replace(_cases(draw, 1), due=np.full(1500, np.inf))

    (delay,) = (look for _, look in LOOKS.look(cases) if look.name == "delay")

    assert delay.shown is not None
    assert delay.shown * np.exp(delay.value) == pytest.approx(200, rel=0.05)
