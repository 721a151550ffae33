"""Durations of ISO 8601 are added as Postgres adds them."""

from datetime import UTC, datetime

import pytest

from replay.duration import Duration
from tests.conftest import Database

MOMENTS = [
    datetime(2026, 1, 31, 10, 30, tzinfo=UTC),
    datetime(2024, 2, 29, tzinfo=UTC),
    datetime(2026, 12, 1, 23, 59, 59, 123456, tzinfo=UTC),
]


@pytest.mark.parametrize("text", ["P30D", "P1M", "P24M", "P1Y2M3W4DT5H6M7S", "PT36H"])
def test_it_is_what_postgres_says(database: Database, text: str) -> None:
    duration = Duration.read(text)

    found = [duration.after(moment) for moment in MOMENTS]

    assert found == [
        database.query(
            "SELECT (%s::timestamptz AT TIME ZONE 'UTC' + %s::interval) AT TIME ZONE 'UTC'",
            *(moment, text),
        )[0][0]
        for moment in MOMENTS
    ]


@pytest.mark.parametrize("text", ["", "P", "30D", "P1.5D", "PT", "P-1D"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration of ISO 8601"):
        Duration.read(text)
