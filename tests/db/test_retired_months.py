"""A month that was dropped on purpose is not a month that was lost."""

import pytest

from db.retention import retain
from tests.conftest import Database
from tests.db.rows import insert, row

RECONCILIATION = "SELECT logged, not_yet_logged FROM monitoring.log_reconciliation"
ANSWERED = (
    "INSERT INTO log_counter VALUES (gen_random_uuid(), now(), now(), %s, %s, 0, 0, 0, 0, 0, 0)"
)


@pytest.fixture
def logged(database: Database) -> Database:
    """Three rows, all answered; two are of a month of long ago."""
    moments = ["2001-02-03T00:00:00Z", "2001-02-04T00:00:00Z", "2031-07-01T00:00:00Z"]
    insert(database, [row(moment) for moment in moments])
    database.query(ANSWERED, 3, 3)
    return database


def test_what_retention_drops_still_counts_as_logged(logged: Database) -> None:
    list(retain(logged.settings, months=12, apply=True))

    assert logged.query("SELECT count(*) FROM prediction_log") == [(1,)]
    assert logged.query(RECONCILIATION) == [(3, 0)]
    assert logged.query("SELECT partition_name, predictions FROM retired_month") == [
        ("prediction_log_2001_02", 2)
    ]


def test_a_month_that_comes_back_and_goes_again_is_counted_each_time(logged: Database) -> None:
    list(retain(logged.settings, months=12, apply=True))
    insert(logged, [row("2001-02-05T00:00:00Z")])
    logged.query(ANSWERED, 1, 1)

    list(retain(logged.settings, months=12, apply=True))

    assert logged.query("SELECT predictions FROM retired_month") == [(3,)]
    assert logged.query(RECONCILIATION) == [(4, 0)]


def test_a_dry_run_counts_nothing(logged: Database) -> None:
    list(retain(logged.settings, months=12, apply=False))

    assert logged.query("SELECT * FROM retired_month") == []
