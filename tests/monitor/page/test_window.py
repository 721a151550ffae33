"""The time that is shown, all of it UTC."""

from datetime import UTC, datetime

import numpy as np

from monitor.page.filters import Filters
from monitor.page.window import Window, floor

NOON = datetime(2026, 7, 2, 12, 30, tzinfo=UTC)


def window(as_of: datetime = NOON, **query: str) -> Window:
    return Window.of(Filters.parse(query), as_of)


def test_a_week_begins_on_monday_whatever_the_moment() -> None:
    assert floor(NOON, "week") == datetime(2026, 6, 29, tzinfo=UTC)
    assert floor(floor(NOON, "week"), "week") == floor(NOON, "week")
    assert floor(NOON, "hour") == datetime(2026, 7, 2, 12, tzinfo=UTC)


def test_days_are_summed_to_weeks_and_the_last_is_not_over() -> None:
    shown = window(last="P30D", by="week")

    assert shown.start == datetime(2026, 6, 1, tzinfo=UTC)
    assert shown.grains == 32
    assert shown.by_step(np.arange(shown.grains)).tolist() == [21, 70, 119, 168, 118]
    assert shown.unfinished
    assert shown.by_step(np.ones((3, shown.grains), dtype=np.int64)).shape == (3, 5)


def test_at_midnight_the_day_before_is_the_last() -> None:
    shown = window(datetime(2026, 7, 2, tzinfo=UTC), last="P30D")

    assert [shown.name(step) for step in shown.steps[-2:]] == ["2026-06-30", "2026-07-01"]
    assert not shown.unfinished
    assert shown.place(datetime(2026, 7, 1, 23, 59, tzinfo=UTC)) == shown.grains - 1


def test_seven_days_are_read_by_the_hour() -> None:
    shown = window(last="P7D")

    assert (shown.grain, shown.grains) == ("hour", 24 * 7 + 1)
    assert shown.name(shown.steps[0]) == "2026-06-25T12:00Z"
    assert shown.last_days() == slice(1, None)


def test_of_a_past_moment_only_whole_hours_count() -> None:
    assert window(last="P7D").counted_until == NOON
    past = Window.of(Filters.parse({"as_of": "2026-07-02T12:30Z"}), NOON)
    assert past.counted_until == datetime(2026, 7, 2, 12, tzinfo=UTC)


def test_the_axis_has_days_mondays_or_months() -> None:
    labels = {
        last: [label for _, label, _ in window(last=last).ticks()] for last in ("P7D", "P30D")
    }
    year = [label for _, label, _ in window(last="P1Y").ticks()]

    assert labels["P7D"] == ["26 Jun", "27 Jun", "28 Jun", "29 Jun", "30 Jun", "1 Jul", "2 Jul"]
    assert labels["P30D"] == ["8 Jun", "15 Jun", "22 Jun", "29 Jun"]
    assert year == ["Jul", "Sep", "Nov", "Jan", "Mar", "May", "Jul"]
    assert len(window(last="P1Y").ticks(3)) == 3


def test_a_tick_lies_at_its_midnight() -> None:
    shown = window(last="P7D")
    at, label, cls = shown.ticks()[1]

    assert (at, label, cls) == (1.5, "27 Jun", "wide2")
    assert shown.x(0) == 0.5 / 24
