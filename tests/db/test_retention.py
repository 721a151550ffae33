"""Old months leave the log whole, and only when they are asked to."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest

from db.errors import DatabaseError
from db.retention import retain
from tests.conftest import Database
from tests.db.rows import insert, row

ALL = "SELECT tableoid::regclass::text FROM prediction_log ORDER BY predicted_at"


@pytest.fixture
def months(database: Database) -> list[str]:
    """Partitions of this month and the four before it, the oldest first, with a row in each."""
    moments = database.query(
        "SELECT to_char(month, 'YYYY-MM-DD\"T\"HH24:MI:SSZ'), to_char(month, 'YYYY_MM')"
        " FROM (SELECT date_trunc('month', now() AT TIME ZONE 'UTC')"
        " - make_interval(months => age) AS month FROM generate_series(4, 0, -1) AS age)"
    )
    insert(database, [row(moment) for moment, _ in moments])
    return [f"prediction_log_{month}" for _, month in moments]


@contextmanager
def reader(database: Database) -> Iterator[Any]:
    """A session in the middle of a transaction that has read the log."""
    connection = psycopg2.connect(database.url("analyst"))
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM prediction_log")
            yield cursor
    finally:
        connection.close()


def tables(database: Database) -> list[str]:
    rows = database.query(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'prediction\\_log\\_%'"
        " AND relname <= 'prediction_log_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')"
        " ORDER BY 1"
    )
    return [name for (name,) in rows]


def pending(database: Database) -> list[str]:
    rows = database.query("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhdetachpending")
    return [name for (name,) in rows]


def test_without_apply_it_only_says_what_it_would_do(database: Database, months: list[str]) -> None:
    steps = list(retain(database.settings, months=2, apply=False))

    assert [step.split(":")[0] for step in steps] == [f"would drop {name}" for name in months[:2]]
    assert tables(database) == months


def test_whole_months_that_are_older_go_and_all_others_stay(
    database: Database, months: list[str]
) -> None:
    steps = list(retain(database.settings, months=2, apply=True))

    assert [step.split(":")[0] for step in steps] == [f"dropping {name}" for name in months[:2]]
    assert tables(database) == months[2:]
    assert database.query(ALL) == [(name,) for name in months[2:]]
    assert list(retain(database.settings, months=2, apply=True)) == []


def test_a_table_with_another_name_is_nobodys_month(database: Database, months: list[str]) -> None:
    database.query("CREATE TABLE prediction_log_1999_01_backup (x int)")
    database.query("CREATE TABLE prediction (x int)")

    list(retain(database.settings, months=2, apply=True))

    assert database.query("SELECT * FROM prediction_log_1999_01_backup") == []
    assert database.query("SELECT * FROM prediction") == []


def test_it_gives_up_on_a_reader_and_a_later_run_ends_the_work(
    database: Database, months: list[str]
) -> None:
    with reader(database) as cursor:
        with pytest.raises(DatabaseError, match=f"{months[0]} is in use") as refusal:
            list(retain(database.settings, months=2, apply=True, lock_seconds=1))
        # The reader is not disturbed, neither are those who write.
        cursor.execute("SELECT count(*) FROM prediction_log")
        insert(database, [row("2031-07-01T00:00:00Z")], role="postgres")

    assert "pg_stat_activity" in str(refusal.value)
    assert pending(database) == [months[0]]
    list(retain(database.settings, months=2, apply=True))
    assert pending(database) == []
    assert tables(database) == months[2:]


def test_a_half_detached_month_is_finished_before_an_older_one(
    database: Database, months: list[str]
) -> None:
    """Postgres takes off nothing else while one is pending."""
    with reader(database), pytest.raises(psycopg2.errors.LockNotAvailable):
        detach_without_end(database, months[1])

    list(retain(database.settings, months=2, apply=True))

    assert tables(database) == months[2:]


def test_a_detached_month_that_was_not_dropped_is_dropped_by_the_next_run(
    database: Database, months: list[str]
) -> None:
    database.query(f"ALTER TABLE prediction_log DETACH PARTITION {months[0]}")

    steps = list(retain(database.settings, months=2, apply=True))

    assert len(steps) == 2
    assert tables(database) == months[2:]


def test_an_interrupted_run_is_not_ended_against_a_reader(
    database: Database, months: list[str]
) -> None:
    with reader(database):
        for _ in range(2):
            with pytest.raises(DatabaseError, match="is in use"):
                list(retain(database.settings, months=2, apply=True, lock_seconds=1))

    list(retain(database.settings, months=2, apply=True))
    assert tables(database) == months[2:]


def detach_without_end(database: Database, name: str) -> None:
    connection = psycopg2.connect(database.url("mlops_owner"))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")
            cursor.execute(f"ALTER TABLE prediction_log DETACH PARTITION {name} CONCURRENTLY")
    finally:
        connection.close()
