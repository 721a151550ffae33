"""One partition for each month, in UTC, made when it is needed."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
from psycopg2 import errors

from tests.conftest import Database
from tests.db.rows import insert, row

ENSURE = "SELECT ensure_prediction_log_partition(%s)"


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles", "Pacific/Apia"])
def test_a_month_is_one_of_utc_whatever_the_sessions_time_zone(
    database: Database, zone: str
) -> None:
    moments = {
        "2031-06-30T23:59:59.999Z": "prediction_log_2031_06",
        "2031-07-01T00:00:00.000Z": "prediction_log_2031_07",
        "2031-07-31T23:59:59.999Z": "prediction_log_2031_07",
        "2031-08-01T08:59:59.999+09:00": "prediction_log_2031_07",
    }
    database.query(f"ALTER ROLE postgres IN DATABASE {database.name} SET TimeZone = '{zone}'")

    insert(database, [row(moment, request_id=moment) for moment in moments])

    found = database.query("SELECT request_id, tableoid::regclass::text FROM prediction_log")
    assert dict(found) == moments


def test_many_callers_at_once_make_it_once(database: Database) -> None:
    barrier = threading.Barrier(20)

    def call(_: int) -> str:
        connection = psycopg2.connect(database.url("api"))
        with connection, connection.cursor() as cursor:
            barrier.wait()
            cursor.execute(ENSURE, ["2031-07-09T12:00:00Z"])
            [name] = cursor.fetchone() or [None]
        connection.close()
        return str(name)

    with ThreadPoolExecutor(20) as callers:
        names = list(callers.map(call, range(20)))

    assert names == ["prediction_log_2031_07"] * 20
    made = database.query(
        "SELECT pg_get_expr(relpartbound, oid), pg_get_userbyid(relowner) FROM pg_class"
        " WHERE relname = 'prediction_log_2031_07'"
    )
    assert made == [
        (
            "FOR VALUES FROM ('2031-07-01 00:00:00+00') TO ('2031-08-01 00:00:00+00')",
            "mlops_owner",
        )
    ]


@pytest.mark.parametrize(
    "moment",
    ["1999-12-31T23:59:59.999Z", "2100-01-01T00:00:00Z", "infinity", "-infinity", "0044-03-15 BC"],
)
def test_a_date_that_no_clock_shows_is_refused_as_data(database: Database, moment: str) -> None:
    with pytest.raises(errors.DatetimeFieldOverflow, match="2000 to 2099") as refusal:
        database.query(ENSURE, moment, role="api")

    # The log takes class 22 for a row that can never be stored, and does not send it again.
    assert refusal.value.pgcode is not None
    assert refusal.value.pgcode.startswith("22")


def test_a_row_of_a_month_without_partition_is_refused_not_lost_in_a_default_one(
    database: Database,
) -> None:
    values = row("2031-07-09T12:00:00Z")
    columns = ", ".join(values)
    placeholders = ", ".join(["%s"] * len(values))

    with pytest.raises(errors.CheckViolation, match="no partition"):
        database.query(
            f"INSERT INTO prediction_log ({columns}, prediction_id)"
            f" VALUES ({placeholders}, gen_random_uuid())",
            *values.values(),
        )

    bounds = database.query(
        "SELECT 1 FROM pg_partitioned_table"
        " WHERE partrelid = 'prediction_log'::regclass AND partdefid <> 0"
    )
    assert bounds == []


def test_an_id_alone_finds_its_partition(database: Database) -> None:
    identity = database.query("SELECT uuidv7()::text")[0][0]
    [(moment,)] = database.query("SELECT uuid_extract_timestamp(%s)", identity)
    others = [row("2031-06-01T00:00:00Z"), row("2031-07-01T00:00:00Z")]
    insert(database, [row(moment, prediction_id=identity), *others])
    query = (
        "SELECT request_id FROM prediction_log WHERE prediction_id = %s"
        " AND predicted_at = uuid_extract_timestamp(%s)"
    )

    plan = "\n".join(
        line for (line,) in database.query(f"EXPLAIN {query}", identity, identity, role="analyst")
    )

    assert database.query(query, identity, identity) == [("request",)]
    assert f"prediction_log_{moment:%Y_%m}" in plan
    assert plan.count(" on prediction_log") == 1


def test_a_new_partition_neither_waits_for_an_open_insert_nor_stops_the_next(
    database: Database,
) -> None:
    old = row("2031-06-01T00:00:00Z")
    insert(database, [old])
    statement = (
        f"INSERT INTO prediction_log ({', '.join(old)}, prediction_id)"
        f" VALUES ({', '.join(['%s'] * len(old))}, gen_random_uuid())"
    )
    sessions = [psycopg2.connect(database.url("api")) for _ in range(3)]
    before, maker, after = (session.cursor() for session in sessions)
    for cursor in (before, maker, after):
        cursor.execute("SET LOCAL lock_timeout = '2s'")

    before.execute(statement, list(old.values()))
    maker.execute(ENSURE, ["2031-07-01T00:00:00Z"])
    after.execute(statement, list(old.values()))
    for session in sessions:
        session.commit()
        session.close()

    assert database.query("SELECT count(*) FROM prediction_log") == [(3,)]


def test_a_partition_checks_what_the_log_checks(database: Database) -> None:
    """Made with LIKE and attached: checks, keys and defaults must all have come along."""
    database.query(ENSURE, "2031-07-01T00:00:00Z", role="api")
    query = (
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype IN ('c', 'n') ORDER BY 1"
    )

    log = database.query(query, "prediction_log")

    assert any("features" in name for name, _ in log)
    assert database.query(query, "prediction_log_2031_07") == log
