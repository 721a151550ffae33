"""What a report must be: every field that is wrong is named, and nothing is coerced."""

from datetime import UTC, datetime
from typing import Any

import pytest

from outcomes.errors import InvalidReport
from outcomes.report import Report
from outcomes.rules import ReportRules

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ID = "019aa000-c3d4-7e5f-8a6b-0c1d2e3f4a5b"
LATER_ID = "01b0a1b2-c3d4-7e5f-8a6b-0c1d2e3f4a5b"
RULES = ReportRules(NOW)

WHOLE: dict[str, Any] = {
    "prediction_id": ID,
    "source": "core",
    "event_key": "k-1",
    "outcome": 1.0,
    "observed_at": "2026-11-20T10:00:00+02:00",
}


def offences(**values: Any) -> list[tuple[str, str]]:
    fields = {name: value for name, value in (WHOLE | values).items() if value is not ...}
    with pytest.raises(InvalidReport) as refusal:
        RULES.read(fields)
    return [(error.pointer, error.rule) for error in refusal.value.errors]


def test_a_report_is_final_unless_it_says_otherwise() -> None:
    expected = Report(ID, None, "core", "k-1", "final", 1, 0, "2026-11-20T08:00:00+00:00")

    assert RULES.read(WHOLE) == expected
    assert RULES.read(WHOLE | {"prediction_id": ID.upper(), "reference": None}) == expected


def test_a_report_may_take_back_what_an_earlier_one_said() -> None:
    fields = WHOLE | {"state": "retracted", "outcome": None, "revision": 3.0}

    assert RULES.read(fields)[4:7] == ("retracted", None, 3)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("observed_at", text) for text in ("2026-11-20T10:00:00", "2026-11-20", "yesterday")),
        # The future, a century too far, no day of the calendar, more than a microsecond.
        *(("observed_at", text) for text in ("2026-11-23T12:05:01Z", "2126-11-20T10:00:00Z")),
        *(
            ("observed_at", text)
            for text in ("2026-02-30T10:00:00Z", "2026-01-01T00:00:00.1234567Z")
        ),
        *(("observed_at", value) for value in (1.0, True, ["2026-11-20T10:00:00Z"])),
        ("observed_at", "2026-11-20T10:00:00Z\n"),
        # Of version 4, of the future, of 1970, in another form.
        ("prediction_id", "019aa000-c3d4-4e5f-8a6b-0c1d2e3f4a5b"),
        ("prediction_id", LATER_ID),
        ("prediction_id", "00000000-c3d4-7e5f-8a6b-0c1d2e3f4a5b"),
        ("prediction_id", ID.replace("-", "")),
        ("prediction_id", ID + "\n"),
        *(("outcome", value) for value in (2.0, 0.5, -1.0, float("nan"), True, "1", [1.0])),
        *(("state", value) for value in ("Final", "open", 1.0, ["final"])),
        *(("revision", value) for value in (-1.0, 0.5, 2.0**31, float("inf"), "1", False)),
        *(("source", text) for text in ("", " a", "a ", "a" * 65, "a\tb", "a\x00b", "\ud800")),
        *(("event_key", text) for text in ("", "k" * 201, "a\nb", "\u202eb", 7.0)),
    ],
)
def test_a_field_that_is_wrong_is_named(field: str, value: object) -> None:
    assert offences(**{field: value}) == [(f"/{field}", "invalid")]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"prediction_id": ...}, [("/prediction_id", "missing")]),
        ({"reference": "case"}, [("/reference", "invalid")]),
        ({"reference": "r" * 201, "prediction_id": ...}, [("/reference", "invalid")]),
        ({"outcome": ...}, [("/outcome", "missing")]),
        ({"state": "unobservable"}, [("/outcome", "invalid")]),
        ({"extra": 1.0}, [("/extra", "unknown")]),
        (
            {"source": ..., "event_key": None, "observed_at": ...},
            [("/source", "missing"), ("/event_key", "missing"), ("/observed_at", "missing")],
        ),
    ],
)
def test_fields_that_disagree_or_are_missing_are_named(
    values: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert offences(**values) == expected


def test_the_complaint_says_what_is_wrong_with_a_time() -> None:
    for text, words in (("2026-11-20T10:00:00", "no offset"), ("2026-12-20T10:00:00Z", "future")):
        with pytest.raises(InvalidReport, match=words):
            RULES.read(WHOLE | {"observed_at": text})


def test_clocks_may_differ_by_a_little() -> None:
    assert RULES.read(WHOLE | {"observed_at": "2026-11-23T12:04:59Z"})
