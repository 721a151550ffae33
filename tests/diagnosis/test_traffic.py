"""Volume and callers' shares against the same hours of the last weeks."""

from collections.abc import Callable

import numpy as np
import pytest

from diagnosis.hours import DAY, WEEK
from diagnosis.tolerances import Tolerances
from diagnosis.trace import Trace
from diagnosis.traffic import Traffic

NAMES = ("branch", "mobile")


def _of_day(hour: int) -> float:
    return float(0.5 + np.sin(hour % DAY / DAY * np.pi)) * (0.6 if hour // DAY % 7 < 2 else 1.0)


def _lived(
    days: int,
    factor: Callable[[int], float] = lambda _: 1.0,
    mobile: Callable[[int], float] = lambda _: 0.3,
    *,
    rows: float = 100.0,
    names: tuple[str, ...] = NAMES,
    alone: Callable[[int], bool] = lambda _: True,
) -> tuple[dict[str, Trace], Traffic]:
    draw, traffic = np.random.default_rng(1), Traffic.new(0)
    traces: dict[str, Trace] = {}
    for hour in range(days * DAY):
        n = rows * _of_day(hour) * factor(hour)
        of = (n * (1 - mobile(hour)), n * mobile(hour))[: len(names)]
        counts = np.array([draw.poisson(each) for each in of], dtype=np.int64)
        traffic.add(names, counts, alone=alone(hour))
        if hour % DAY == DAY - 1:
            since = {t.name: t.suspected_from for t in traces.values() if t.suspected_from >= 0}
            for _, look in traffic.looks(Tolerances(), {"": 0}, since):
                traces.setdefault(look.name, Trace.of(look)).look(look, held=False)
    return traces, traffic


def test_nothing_is_judged_before_there_are_two_whole_weeks() -> None:
    assert _lived(14)[0] == {}
    assert set(_lived(15)[0]) == {
        *("rows", "rows, caller branch", "rows, caller mobile"),
        *("caller branch", "caller mobile"),
    }


def test_a_season_of_the_week_is_quiet() -> None:
    traces, _ = _lived(40, mobile=lambda hour: 0.45 if hour // DAY % 7 < 2 else 0.25)

    assert max(trace.evidence for trace in traces.values()) < 8


@pytest.mark.parametrize("factor", [1.5, 1 / 1.6])
def test_volume_that_is_beyond_the_tolerance_is_seen_within_days(factor: float) -> None:
    traces, _ = _lived(28, lambda hour: factor if hour >= 23 * DAY else 1.0)

    assert traces["rows"].evidence > 15
    shown = traces["rows"].said(traces["rows"].after(24 * DAY))
    assert shown / traces["rows"].said(0.0) == pytest.approx(factor, rel=0.1)
    assert traces["caller mobile"].evidence < 5


def test_volume_within_the_tolerance_is_quiet() -> None:
    traces, _ = _lived(35, lambda hour: 1.15 if hour >= 21 * DAY else 1.0)

    assert traces["rows"].evidence < 5


def test_a_standstill_is_no_change_of_volume() -> None:
    traces, _ = _lived(24, lambda hour: 0.0 if hour >= 22 * DAY + 7 else 1.0)

    assert traces["rows"].evidence < 5


def test_the_share_of_a_caller_is_seen_to_change() -> None:
    traces, _ = _lived(33, mobile=lambda hour: 0.36 if hour >= 22 * DAY else 0.3)

    assert traces["caller mobile"].evidence > 12
    assert traces["rows"].evidence < 5


def test_volume_that_is_different_every_day_is_not_judged_by_a_day() -> None:
    draw = np.random.default_rng(6)
    of_day = np.exp(draw.normal(0, 0.8, 60))

    traces, _ = _lived(40, lambda hour: float(of_day[hour // DAY]))

    assert traces["rows"].evidence < 10


def test_the_days_of_an_incident_that_is_over_are_not_usual() -> None:
    traffic = _lived(28, lambda hour: 3.0 if hour >= 21 * DAY else 1.0)[1]
    traffic.skip(21 * DAY, 28 * DAY)
    for hour in range(28 * DAY, 29 * DAY):
        traffic.add(NAMES, np.array([70, 30]) * int(10 * _of_day(hour)) // 10)

    looks = {look.name: look for _, look in traffic.looks(Tolerances(), {"": 0}, {})}

    assert abs(looks["rows"].value) < 0.2


def test_what_is_kept_is_bounded_and_a_caller_may_come_later() -> None:
    traffic = Traffic.new(0)
    for hour in range(10 * WEEK):
        names = NAMES if hour > WEEK else NAMES[:1]
        traffic.add(names, np.ones(len(names), dtype=np.int64))

    assert traffic.names == NAMES
    assert len(traffic.rows) == 8 * WEEK + DAY
    assert traffic.end == 10 * WEEK
    assert traffic.hours().rows.shape == traffic.rows.shape


def test_one_caller_alone_has_no_share() -> None:
    traces, _ = _lived(16, names=NAMES[:1])

    assert set(traces) == {"rows"}


def _shared(hour: int) -> bool:
    return 22 * DAY + 10 <= hour < 25 * DAY


@pytest.mark.parametrize("left", [0.0, 0.4])
def test_rows_that_another_version_answered_are_no_loss_of_volume(left: float) -> None:
    def factor(hour: int) -> float:
        return left if _shared(hour) else 1.0

    told, untold = (
        _lived(25, factor, alone=alone)[0]
        for alone in (lambda hour: not _shared(hour), lambda _: True)
    )

    assert max(trace.evidence for trace in told.values()) < 5
    assert left == 0 or untold["rows"].evidence > 15


def test_a_caller_that_asks_another_version_has_no_smaller_share() -> None:
    def mobile(hour: int) -> float:
        return 0.05 if _shared(hour) else 0.3

    told, untold = (
        _lived(25, mobile=mobile, alone=alone)[0]
        for alone in (lambda hour: not _shared(hour), lambda _: True)
    )

    assert max(trace.evidence for trace in told.values()) < 5
    assert untold["caller mobile"].evidence > 15


def test_days_that_another_version_had_a_part_in_are_not_what_is_usual_later() -> None:
    def factor(hour: int) -> float:
        return 0.1 if 15 * DAY <= hour < 18 * DAY else 1.0

    traces, traffic = _lived(31, factor, alone=lambda hour: not (15 * DAY <= hour < 18 * DAY))
    looked = {int(start) // DAY for start in traces["rows"].history[:, 0]}

    assert looked == {14, *range(18, 22), *range(22, 31)}
    assert np.abs(traces["rows"].history[:, 2]).max() < 0.2
    assert not traffic.hours().alone[15 * DAY : 18 * DAY].any()


def test_an_hour_a_night_that_is_shared_leaves_the_rest_of_the_day_judged() -> None:
    traces, _ = _lived(
        28,
        lambda hour: 0.0 if hour % DAY == 3 else 1.5 if hour >= 23 * DAY else 1.0,
        alone=lambda hour: hour % DAY != 3,
    )

    assert traces["rows"].evidence > 15
    assert traces["caller mobile"].evidence < 5


def test_hours_that_were_kept_before_it_was_told_who_served_count() -> None:
    kept = Traffic(0, NAMES, np.ones((30, 2), dtype=np.int64))
    kept.add(NAMES, np.ones(2, dtype=np.int64), alone=False)

    assert kept.hours().alone.tolist() == [True] * 30 + [False]
