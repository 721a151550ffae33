"""An onset is found with an interval that holds it."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from diagnosis.change_point import Series, onset

Floats = NDArray[np.float64]


def _series(
    draw: np.random.Generator, rates: Floats, starts: Floats, ends: Floats, rows: int = 100
) -> Series:
    counts = draw.binomial(rows * (ends - starts).astype(int), rates)
    n = rows * (ends - starts)
    return Series(starts, ends, counts / n, n / (0.25 * 0.75))


def _hourly(
    draw: np.random.Generator, first: int, hours: int, change: Callable[[Floats], Floats]
) -> Series:
    starts = np.arange(first, first + hours, dtype=np.float64)
    return _series(draw, change(starts), starts, starts + 1)


def _step(true: int, at: Floats) -> Floats:
    return np.where(at >= true, 0.28, 0.22)


def test_the_interval_of_a_step_holds_its_hour_about_as_often_as_it_says() -> None:
    inside, errors = [], []
    for seed in range(60):
        draw = np.random.default_rng(seed)
        true = 1000 + int(draw.integers(60, 240))
        series = _hourly(draw, 1000, 300, partial(_step, true))

        found = onset([series], 1000, 1300)

        inside.append(found.low <= true <= found.high)
        errors.append(abs(found.hour - true))
        assert found.low <= found.hour <= found.high
    assert np.mean(inside) >= 0.9
    assert np.median(errors) <= 6


def test_a_large_step_is_found_to_the_hour() -> None:
    draw = np.random.default_rng(2)
    series = _hourly(draw, 0, 40, lambda at: np.where(at >= 33, 0.7, 0.2))

    found = onset([series], 0, 40)

    assert (found.low, found.hour, found.high) == (33, 33, 33)


def test_a_ramp_has_a_wide_interval_that_holds_its_beginning() -> None:
    draw = np.random.default_rng(3)
    series = _hourly(draw, 0, 960, lambda at: 0.2 + 0.1 * np.clip((at - 400) / 480, 0, 1))

    found = onset([series], 0, 960)

    assert found.low <= 400 <= found.high
    assert found.high - found.low > 48


def test_a_change_within_a_day_is_found_from_counts_of_days() -> None:
    draw = np.random.default_rng(4)
    starts = np.arange(0, 20 * 24, 24, dtype=np.float64)
    into = np.clip((starts + 24 - 250) / 24, 0, 1)
    series = _series(draw, 0.2 + 0.3 * into, starts, starts + 24, rows=500)

    found = onset([series], 0, 480)

    assert found.low <= 250 <= found.high
    assert found.high - found.low < 2 * 24


def test_more_series_of_one_change_do_not_widen_its_interval() -> None:
    draw = np.random.default_rng(5)
    series = [_hourly(draw, 0, 200, lambda at: np.where(at >= 120, 0.3, 0.22)) for _ in range(4)]

    alone, together = onset(series[:1], 0, 200), onset(series, 0, 200)

    assert together.high - together.low <= alone.high - alone.low
    assert together.low <= 120 <= together.high


def test_a_level_that_is_known_tells_an_onset_at_the_first_hour() -> None:
    starts = np.arange(0, 10, dtype=np.float64)
    series = Series(
        starts, starts + 1, np.full(10, 0.5), np.full(10, 1000.0), level=0.2, trust=5000.0
    )

    found = onset([series], 0, 10)

    assert (found.hour, found.low) == (0, 0)


def test_one_span_or_none_gives_an_onset_all_the_same() -> None:
    one = Series(np.array([5.0]), np.array([6.0]), np.array([0.2]), np.array([10.0]))
    none = Series(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0))

    assert onset([one], 5, 6).hour == 5
    assert onset([none], 5, 6).hour == 5


def test_an_onset_within_a_day_whose_hours_are_not_known_may_be_at_any_of_them() -> None:
    """By night there are few rows: a day's share does not tell at which hour it changed."""
    starts = np.arange(0.0, 480.0, 24.0)
    by_hour = np.where(np.arange(24) < 8, 20.0, 300.0)
    true = 247
    rates = np.where(np.arange(480) >= true, 0.7, 0.2).reshape(20, 24)
    values = rates @ by_hour / by_hour.sum()
    series = Series(starts, starts + 24, values, np.full(20, by_hour.sum() / 0.25))

    found = onset([series], 0, 480)

    assert found.low <= 240
    assert found.high == 263
