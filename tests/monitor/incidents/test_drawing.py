"""Samples are spread over the hours, are of bounded cost, and hold all rows where there are few."""

import pytest

from monitor.incidents.drawing import MOST_READ, Filled, draw


def busy(hours: int, rows: int, wanted: int | None = None) -> list[Filled]:
    return [Filled(1000 + hour, rows, rows if wanted is None else wanted) for hour in range(hours)]


def test_few_rows_are_all_taken() -> None:
    found = draw(busy(5, 10), 50)

    assert found.hours == tuple(range(1000, 1005))
    assert found.share == 1


def test_of_many_rows_a_share_is_taken_of_each_hour() -> None:
    found = draw(busy(672, 100), 6720)

    assert len(found.hours) == 672
    assert found.share == pytest.approx(0.1)


@pytest.mark.parametrize("cycle", [24, 168])
def test_of_huge_hours_some_are_read_at_every_time_of_the_day_and_day_of_the_week(
    cycle: int,
) -> None:
    hours = busy(7 * 168, 10_000)

    found = draw(hours, 20_000)

    assert len(found.hours) * 10_000 <= MOST_READ
    assert len(found.hours) >= 24
    assert found.share == pytest.approx(20_000 / (len(found.hours) * 10_000))
    met = {hour % cycle for hour in found.hours}
    assert len(met) == min(cycle, len(found.hours))


def test_never_fewer_hours_than_a_day_has() -> None:
    assert len(draw(busy(672, 10_000_000), 100).hours) >= 24
    assert len(draw(busy(20, 10_000_000), 100).hours) == 20


def test_hours_without_what_is_wanted_are_not_read() -> None:
    hours = [*busy(30, 100, 0), Filled(5000, 100_000, 7)]

    assert draw(hours, 100) == ((5000,), 1.0)
    assert draw(busy(30, 100, 0), 100) == ((), 1.0)


def test_what_is_wanted_decides_the_share() -> None:
    assert draw(busy(10, 1000, 100), 500).share == pytest.approx(0.5)
