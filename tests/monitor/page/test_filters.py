"""The query string: each state has an address, and a bad one a sentence."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest

from monitor.page.filters import NO_KEY, Filters, FilterWrong


def test_nothing_given_is_thirty_days_by_the_day_of_all() -> None:
    filters = Filters.parse({"version": "", "as_of": ""})

    assert filters == Filters()
    assert (filters.step, filters.page()) == ("day", "/")


@pytest.mark.parametrize(
    "query",
    [
        {"version": "m-1", "caller": "a&b", "route": "/v2/x", "last": "P90D", "by": "week"},
        {"as_of": "2026-07-02T13:05Z", "last": "P7D", "by": "hour"},
        {"caller": NO_KEY},
    ],
)
def test_a_state_is_read_from_its_own_address(query: dict[str, str]) -> None:
    filters = Filters.parse(query)

    assert filters.query()
    assert Filters.parse(dict(parse_qsl(filters.query()))) == filters


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-07-02", datetime(2026, 7, 2, tzinfo=UTC)),
        ("2026-07-02T13:05:59.5Z", datetime(2026, 7, 2, 13, 5, tzinfo=UTC)),
        ("2026-07-02T13:05+02:00", datetime(2026, 7, 2, 11, 5, tzinfo=UTC)),
        # As a + that nobody escaped arrives.
        ("2026-07-02T13:05 02:00", datetime(2026, 7, 2, 11, 5, tzinfo=UTC)),
    ],
)
def test_as_of_is_a_day_or_a_time_with_its_zone(text: str, moment: datetime) -> None:
    assert Filters.parse({"as_of": text}).as_of == moment


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"last": "P2D"}, "last is one of P7D, P30D, P90D, P1Y, not P2D."),
        ({"by": "minute"}, "by is one of hour, day, week, not minute."),
        (
            {"by": "hour", "last": "P1Y"},
            "by=hour does not go with last=P1Y; that is shown by week or day.",
        ),
        ({"as_of": "2026-07-02T13:05"}, "or a time with its zone"),
        ({"as_of": "2026-13-45"}, "as_of is no day of a calendar"),
        ({"as_of": "1999-01-01"}, "between the years 2000 and 2099"),
        ({"caller": "a\x00b"}, "caller is no text of at most 200 printable characters."),
        ({"version": "x" * 201}, "version is no text"),
        ({"colour": "red"}, "colour is no filter of this page"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_sentence(query: dict[str, str], sentence: str) -> None:
    with pytest.raises(FilterWrong) as refused:
        Filters.parse(query)

    assert sentence in str(refused.value)


def test_another_length_of_time_keeps_the_step_where_it_can() -> None:
    by_week = Filters.parse({"last": "P90D", "by": "week"})

    assert by_week.spanning("P1Y").step == "week"
    assert by_week.spanning("P7D").step == "hour"
    assert by_week.stepping("day").page() == "/?last=P90D&by=day"
    assert by_week.table("traffic") == "/tables/traffic.csv?last=P90D&by=week"


def test_no_key_is_the_empty_name_of_the_counts() -> None:
    assert Filters.parse({"caller": NO_KEY}).stored_caller == ""
    assert Filters.parse({"caller": "web"}).stored_caller == "web"
    assert Filters().stored_caller is None
