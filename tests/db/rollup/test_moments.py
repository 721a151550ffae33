"""The counts are those of the log at any moment: late rows, corrections, dropped months."""

import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
import pytest

from db import retention
from db.connection import owner
from db.errors import DatabaseError
from db.retention import retain
from db.rollup import rolling
from db.sql import driver_cursor
from outcomes.errors import EarlyOutcomes
from outcomes.report import Report
from outcomes.store import store
from tests.conftest import Database
from tests.db.rollup import naive
from tests.db.rollup.conftest import Counting, register
from tests.db.rows import insert, insertion, row
from tests.gmsc import SCHEMA
from tests.outcomes.predictions import connection_of, prediction_id

DAY = datetime(2026, 3, 28, tzinfo=UTC)
LONG_AGO = datetime(2001, 2, 3, tzinfo=UTC)
SAID = "SELECT coalesce(sum(unreported), 0)::int, coalesce(sum(bad), 0)::int FROM outcome_hour"


def one(moment: datetime, **values: Any) -> dict[str, Any]:
    values = {"prediction_id": prediction_id(moment), **values}
    return row(moment.isoformat(), **values)


def bad(values: dict[str, Any], key: str = "1", **changes: Any) -> Report:
    by_name = values.get("client_reference")
    observed = datetime.fromisoformat(values["predicted_at"]) + timedelta(days=1)
    return Report(
        None if by_name else values["prediction_id"],
        *(by_name, "core", key, "final", 1, 0, observed.isoformat()),
    )._replace(**changes)


def tell(database: Database, *reports: Report) -> None:
    with connection_of(database) as connection:
        store(connection, list(reports), None)


@pytest.mark.parametrize("reference", [None, "loan-12"])
@pytest.mark.parametrize("report_first", [False, True])
def test_a_report_counts_whether_it_or_its_prediction_comes_first(
    database: Database, counting: Counting, reference: str | None, report_first: bool
) -> None:
    values = one(DAY, client_reference=reference)
    if report_first:
        tell(database, bad(values))
        counting.round()
    insert(database, [values])
    counting.round()
    if not report_first:
        tell(database, bad(values))
        counting.round()

    assert database.query(SAID) == [(0, 1)]


def test_a_correction_of_long_ago_is_counted_alone(database: Database, counting: Counting) -> None:
    rows = [one(DAY + timedelta(hours=hour)) for hour in range(30)]
    insert(database, rows)
    tell(database, *map(bad, rows))
    counting.round()

    tell(database, bad(rows[3], "2", outcome=0, revision=1))

    assert counting.round() == 1
    assert database.query("SELECT sum(good)::int, sum(bad)::int FROM outcome_day") == [(1, 29)]
    assert counting.complaints() == []


def test_counts_tell_nothing_of_time(database: Database, counting: Counting) -> None:
    """What is due is for whoever reads: nothing is counted anew because a day went by."""
    values = one(DAY, outcome_due=DAY + timedelta(days=30))
    insert(database, [values])
    tell(database, bad(values, outcome=0))
    counting.round()

    rows = database.query("SELECT due_on::text, good, bad FROM outcome_day")

    assert rows == [("2026-04-27", 1, 0)]
    assert counting.round() == 0


def test_a_month_that_is_dropped_stays_counted(database: Database, counting: Counting) -> None:
    """Also what came too late to be counted before, and what comes back to it afterwards."""
    profile = register(database, "m1")
    rows = [one(LONG_AGO + timedelta(hours=hour)) for hour in range(5)]
    # Of another month by its key, of the same hour by its event.
    rows.append(one(DAY, event_time=LONG_AGO))
    insert(database, rows)
    tell(database, *map(bad, rows[:2]))
    counting.round()
    insert(database, [one(LONG_AGO)])
    before = naive.predictions(database, {"m1": (SCHEMA, profile)}, "hour")

    list(retain(database.settings, months=12, apply=True))

    naive.same(naive.kept(database, "rollup_hour"), before)
    assert database.query(
        "SELECT count(*) FROM prediction_log WHERE predicted_at < '2002-01-01'"
    ) == [(0,)]
    assert counting.complaints() == []
    insert(database, [one(LONG_AGO)])
    counting.round()
    list(retain(database.settings, months=12, apply=True))
    counting.round()
    assert database.query("SELECT sum(predictions)::int FROM rollup_day") == [(8,)]
    assert database.query("SELECT sum(predictions)::int, sum(bad)::int FROM outcome_day") == [
        (8, 2)
    ]
    assert counting.complaints() == []


def test_a_row_that_comes_while_its_month_is_taken_off_is_counted(
    database: Database, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert(database, [one(LONG_AGO)])
    counting.round()
    detach = retention._detach
    late = [one(LONG_AGO + timedelta(hours=1))]

    def with_a_late_row(*arguments: Any) -> None:
        if late:
            insert(database, [late.pop()])
        detach(*arguments)

    monkeypatch.setattr(retention, "_detach", with_a_late_row)
    list(retain(database.settings, months=12, apply=True))
    counting.round()

    assert database.query("SELECT predictions FROM retired_month") == [(2,)]
    assert database.query("SELECT sum(predictions)::int FROM rollup_day") == [(2,)]
    assert counting.complaints() == []


def test_nothing_is_counted_while_a_month_is_half_off(
    database: Database, counting: Counting
) -> None:
    """A run that ended in between: its hours are in no part. The next run puts that right."""
    insert(database, [one(LONG_AGO)])
    counting.round()
    database.query("ALTER TABLE prediction_log DETACH PARTITION prediction_log_2001_02")

    with owner(database.settings).connect() as connection:
        assert rolling.left_over(driver_cursor(connection)) == ["prediction_log_2001_02"]
    list(retain(database.settings, months=12, apply=True))

    with owner(database.settings).connect() as connection:
        assert rolling.left_over(driver_cursor(connection)) == []
    assert database.query("SELECT sum(predictions)::int FROM rollup_hour") == [(1,)]
    assert counting.complaints() == []


def test_a_month_is_not_dropped_while_somebody_counts(
    database: Database, counting: Counting
) -> None:
    insert(database, [one(LONG_AGO)])
    connection = counting.connect()
    with connection, connection.cursor() as cursor:
        rolling.enter_gate(cursor)
        with pytest.raises(DatabaseError, match="rollup_gate is in use"):
            list(retain(database.settings, months=12, apply=True, lock_seconds=1))
    connection.close()

    assert database.query("SELECT count(*) FROM prediction_log") == [(1,)]


class Course:
    """What may happen to a log while it is counted, in an order that a seed chooses."""

    def __init__(self, database: Database, counting: Counting, seed: int) -> None:
        self.database = database
        self.counting = counting
        self.chosen = random.Random(seed)
        self.rows: list[dict[str, Any]] = []
        self.open: list[Any] = []

    def insert(self) -> None:
        moment = self.chosen.choice([DAY, LONG_AGO])
        event = self.chosen.choice([None, None, DAY - timedelta(days=self.chosen.randrange(40))])
        name = self.chosen.choice([None, "loan-1", "loan-2"])
        values = one(self.minute(moment), event_time=event, client_reference=name)
        self.rows.append(values)
        insert(self.database, [values])

    def begin(self) -> None:
        """A transaction that ends late, or never."""
        connection = psycopg2.connect(self.database.url("api"))
        values = one(self.minute(DAY))
        with connection.cursor() as cursor:
            cursor.execute(insertion(values), values)
        self.open.append(connection)

    def end(self) -> None:
        if self.open:
            connection = self.open.pop(self.chosen.randrange(len(self.open)))
            (connection.commit if self.chosen.random() < 0.7 else connection.rollback)()
            connection.close()

    def report(self) -> None:
        if self.rows:
            values = self.chosen.choice(self.rows)
            key = str(self.chosen.randrange(10**9))
            # Of a case it may be early for all that is there.
            with suppress(EarlyOutcomes):
                tell(self.database, bad(values, key, outcome=self.chosen.choice([0, 1])))

    def count(self) -> None:
        self.counting.round()

    def break_off(self) -> None:
        connection = self.counting.connect()
        cursor = connection.cursor()
        rolling.enter_gate(cursor)
        for day in rolling.pending_days(cursor)[:1]:
            rolling.roll(cursor, day)
        connection.close()

    def drop(self) -> None:
        while self.open:
            self.end()
        list(retain(self.database.settings, months=12, apply=True))

    def minute(self, first: datetime) -> datetime:
        return first + timedelta(minutes=self.chosen.randrange(3000))


@pytest.mark.parametrize("seed", range(4))
def test_any_course_of_things_ends_in_the_counts_of_the_log(
    database: Database, counting: Counting, seed: int
) -> None:
    database.query("SELECT ensure_prediction_log_partition(%s)", DAY)
    if seed % 2:
        register(database, "m1")
    course = Course(database, counting, seed)
    steps = [*[course.insert] * 8, *[course.begin] * 2, *[course.end] * 2, *[course.report] * 3]
    steps += [*[course.count] * 3, course.break_off, course.drop]

    for _ in range(50):
        course.chosen.choice(steps)()
        if course.chosen.random() < 0.1:
            assert counting.complaints() == []
    course.drop()
    counting.round()

    assert database.query("SELECT count(*) FROM rollup_mark") == [(0,)]
    assert counting.complaints() == []
    dropped = "SELECT coalesce(sum(predictions), 0) FROM retired_month"
    ((total,),) = database.query(f"SELECT (SELECT count(*) FROM prediction_log) + ({dropped})")
    assert total > 0
    for table in ("rollup_hour", "rollup_day", "outcome_hour", "outcome_day"):
        assert database.query(f"SELECT sum(predictions) FROM {table}") == [(total,)]
