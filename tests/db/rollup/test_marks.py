"""No row is lost between a writer and whoever counts, whatever commits first."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
from psycopg2 import errors

from db.rollup import rolling
from tests.conftest import Database
from tests.db.rollup.conftest import Counting
from tests.db.rows import insert, insertion, row

HOUR = "2026-03-28T20:{:02}:00Z"
COUNTED = "SELECT coalesce(sum(predictions), 0)::int FROM rollup_hour"
MARKS = "SELECT count(*) FROM rollup_mark"


@contextmanager
def writer(database: Database, minute: int) -> Iterator[Any]:
    """A transaction that has inserted a row, and is still open."""
    connection = psycopg2.connect(database.url("api"))
    try:
        with connection.cursor() as cursor:
            values = row(HOUR.format(minute))
            cursor.execute(insertion(values), values)
        yield connection
    finally:
        connection.close()


@pytest.fixture
def counted(database: Database, counting: Counting) -> Counting:
    """An hour with one row, which is counted."""
    insert(database, [row(HOUR.format(0))])
    counting.round()
    assert database.query(MARKS) == [(0,)]
    return counting


def test_each_hour_of_a_statement_is_marked_once(database: Database, counted: Counting) -> None:
    hours = ["2024-01-01 05:00Z", "2026-03-28 20:59Z", "2026-03-28 21:00Z"]
    for wanted in (hours[1:2], hours):
        database.query(
            "INSERT INTO prediction_log SELECT (jsonb_populate_record(log, jsonb_build_object("
            "'prediction_id', gen_random_uuid(), 'event_time', moment))).*"
            " FROM prediction_log AS log, unnest(%s::timestamptz[]) AS moment"
            " WHERE log.event_time IS NULL",
            wanted * 2,
        )
        found = database.query("SELECT date_trunc('hour', hour) = hour, hour FROM rollup_mark")

        assert len(found) == len(wanted)
        assert all(whole for whole, _ in found)

    assert counted.round() == len(hours)
    assert database.query(COUNTED) == [(1 + 2 + 6,)]


def test_a_row_that_commits_after_the_count_is_counted_next(
    database: Database, counted: Counting
) -> None:
    with writer(database, 1) as late:
        assert counted.round() == 0
        late.commit()

    assert counted.round() == 1
    assert database.query(COUNTED) == [(2,)]


def test_a_mark_that_a_writer_goes_by_stays_until_it_has_committed(
    database: Database, counted: Counting
) -> None:
    """The first writer's mark is there: the second makes none of its own, and holds that one."""
    insert(database, [row(HOUR.format(1))])
    assert database.query(MARKS) == [(1,)]

    with writer(database, 2) as late:
        assert counted.round() == 1
        assert database.query(COUNTED) == [(2,)]
        assert database.query(MARKS) == [(1,)]
        late.commit()

    assert counted.round() == 1
    assert database.query(COUNTED) == [(3,)]
    assert database.query(MARKS) == [(0,)]


def test_a_writer_does_not_go_by_a_mark_that_is_being_taken(
    database: Database, counted: Counting
) -> None:
    """And does not wait for whoever takes it: an answer waits for this commit."""
    insert(database, [row(HOUR.format(1))])
    connection = counted.connect()
    with connection, connection.cursor() as cursor:
        rolling.enter_gate(cursor)
        (day,) = rolling.pending_days(cursor)
        assert rolling.roll(cursor, day) == 1
        with writer(database, 2) as during:
            during.commit()
    connection.close()

    assert database.query(MARKS) == [(1,)]
    assert counted.round() == 1
    assert database.query(COUNTED) == [(3,)]


def test_a_count_that_is_broken_off_leaves_nothing_and_loses_nothing(
    database: Database, counted: Counting
) -> None:
    insert(database, [row(HOUR.format(1))])
    connection = counted.connect()
    cursor = connection.cursor()
    rolling.enter_gate(cursor)
    (day,) = rolling.pending_days(cursor)
    assert rolling.roll(cursor, day) == 1
    connection.close()

    assert database.query(COUNTED) == [(1,)]
    assert counted.round() == 1
    assert database.query(COUNTED) == [(2,)]


def test_a_second_one_who_counts_waits_for_the_first(database: Database, counted: Counting) -> None:
    connection, other = counted.connect(), counted.connect()
    with connection, connection.cursor() as cursor, other, other.cursor() as second:
        rolling.enter_gate(cursor)
        second.execute("SET LOCAL lock_timeout = '50ms'")
        with pytest.raises(errors.LockNotAvailable):
            rolling.enter_gate(second)
        other.rollback()
    connection.close()
    other.close()


def test_writers_and_two_who_count_at_once_end_in_the_counts_of_the_log(
    database: Database, counted: Counting
) -> None:
    stop = threading.Event()

    def write(place: int) -> None:
        for minute in range(40):
            with writer(database, (minute + place) % 60) as connection:
                connection.commit()

    def count() -> None:
        while not stop.is_set():
            counted.round()

    counters = [threading.Thread(target=count) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(place,)) for place in range(3)]
    for thread in (*counters, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in counters:
        thread.join()
    counted.round()

    assert database.query(COUNTED) == [(121,)]
    assert database.query(MARKS) == [(0,)]
    assert counted.complaints() == []
