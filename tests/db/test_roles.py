"""Each role can do its job, and nothing else."""

import io

import psycopg2
import pytest
from psycopg2 import errors

from local.postgres import LocalPostgres
from tests.conftest import PASSWORD, Database
from tests.db.rows import ID, insert, row

NOW = "2026-03-05T12:00:00+00:00"
COLUMNS = (
    "prediction_id, predicted_at, request_id, model_version, schema_version,"
    " probability, threshold, prediction, duration_ms"
)
LINE = f"{ID}\t{NOW}\tother\tm1\tunknown/1\t0.75\t0.5\t1\t1\n"
COUNTERS = (
    "INSERT INTO log_counter VALUES"
    " ('01a208a3-fdf0-7665-a6d2-56079f72e1b2', now(), now(), %s, 0, 0, 0, 0, 0, 0, 0)"
    " ON CONFLICT (process_id) DO UPDATE SET accepted = excluded.accepted"
)
MODEL_VERSION = (
    "INSERT INTO model_version (model_version, schema_version, data_source, data_is_sample,"
    " created_at, metadata) VALUES ('m1', 'gmsc/1', %s, true, now(), '{}')"
    " ON CONFLICT DO NOTHING"
)
REJECTION = (
    "INSERT INTO rejected_request (request_id, route, status, errors)"
    " VALUES ('r', '/predict', 422, '[]')"
)
TABLES = ("prediction_log", "prediction_log_2026_03", "model_version", "rejected_request")


@pytest.fixture
def logged(database: Database) -> Database:
    """A database with one row."""
    insert(database, [row(NOW, prediction_id=ID)])
    return database


def copy(database: Database, table: str, line: str, before: str = "", after: str = "") -> None:
    connection = psycopg2.connect(database.url("api"))
    try:
        with connection, connection.cursor() as cursor:
            if before:
                cursor.execute(before)
            cursor.copy_expert(f"COPY {table} ({COLUMNS}) FROM STDIN", io.StringIO(line))
            if after:
                cursor.execute(after)
    finally:
        connection.close()


def test_the_api_merges_a_batch_in_which_a_known_row_is_harmless(logged: Database) -> None:
    new = LINE.replace("01a208a3", "01a208a4")

    copy(
        logged,
        "batch",
        LINE + new,
        before="CREATE TEMPORARY TABLE batch (prediction_id uuid, predicted_at timestamptz,"
        " request_id text, model_version text, schema_version text, probability float8,"
        " threshold float8, prediction smallint, duration_ms real) ON COMMIT DROP",
        after=f"INSERT INTO prediction_log ({COLUMNS}) SELECT {COLUMNS} FROM batch"
        " ON CONFLICT DO NOTHING",
    )

    rows = logged.query("SELECT request_id, probability FROM prediction_log ORDER BY 2")
    assert rows == [("request", 0.25), ("other", 0.75)]


def test_the_api_copies_rows_of_the_current_month(database: Database) -> None:
    database.query("SELECT ensure_prediction_log_partition(%s)", NOW, role="api")

    copy(database, "prediction_log", LINE)

    assert database.query("SELECT count(*) FROM prediction_log") == [(1,)]


def test_the_api_registers_a_model_version_and_the_first_word_stands(database: Database) -> None:
    database.query(MODEL_VERSION, "first", role="api")
    database.query(MODEL_VERSION, "second", role="api")

    assert database.query("SELECT data_source FROM model_version") == [("first",)]


def test_the_api_stores_refusals_and_renews_its_counters(database: Database) -> None:
    database.query(REJECTION, role="api")
    database.query(COUNTERS, 1, role="api")
    database.query(COUNTERS, 2, role="api")

    assert database.query("SELECT status FROM rejected_request") == [(422,)]
    assert database.query("SELECT accepted FROM log_counter") == [(2,)]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM {}",
        "SELECT request_id FROM {} LIMIT 1",
        "UPDATE {} SET model_version = 'x'",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "DROP TABLE {}",
        "ALTER TABLE {} ADD COLUMN extra int",
    ],
)
def test_the_api_neither_reads_nor_changes(logged: Database, table: str, statement: str) -> None:
    if table == "model_version":
        statement = statement.replace("request_id", "metadata")

    with pytest.raises(errors.InsufficientPrivilege):
        logged.query(statement.format(table), role="api")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE public.mine (x int)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "SELECT * FROM monitoring.traffic_per_hour",
        "DELETE FROM log_counter",
        "INSERT INTO prediction_log_2026_03 DEFAULT VALUES",
        "SET ROLE mlops_owner",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ],
)
def test_the_api_has_no_other_way(logged: Database, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        logged.query(statement, role="api")


def test_the_analyst_reads_everything_there_is(logged: Database) -> None:
    relations = logged.query(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p', 'v')"
        " AND relnamespace IN ('public'::regnamespace, 'monitoring'::regnamespace)"
    )

    for (relation,) in relations:
        logged.query(f"SELECT * FROM {relation}", role="analyst")

    assert {"monitoring.feature_per_day", *TABLES} <= {name for (name,) in relations}


def test_the_analyst_reads_a_partition_that_is_made_later(database: Database) -> None:
    query = "SELECT ensure_prediction_log_partition('2031-07-01T00:00:00Z')"

    [(name,)] = database.query(query, role="api")

    assert database.query(f"SELECT count(*) FROM {name}", role="analyst") == [(0,)]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO prediction_log DEFAULT VALUES",
        "UPDATE prediction_log SET prediction = 1",
        "DELETE FROM prediction_log",
        "TRUNCATE prediction_log",
        "DELETE FROM model_version",
        "DROP VIEW monitoring.traffic_per_hour",
        "CREATE TABLE public.mine (x int)",
        "CREATE SCHEMA mine",
        "CREATE TEMPORARY TABLE mine (x int)",
        "SELECT ensure_prediction_log_partition(now())",
    ],
)
def test_the_analyst_changes_nothing(logged: Database, statement: str) -> None:
    unlocked = "SET default_transaction_read_only = off; COMMIT; BEGIN; " + statement

    with pytest.raises(errors.InsufficientPrivilege):
        logged.query(unlocked, role="analyst")


def test_the_analyst_is_read_only_from_the_start(database: Database) -> None:
    with pytest.raises(errors.ReadOnlySqlTransaction):
        database.query("CREATE TABLE mine (x int)", role="analyst")


def test_nobody_else_connects(postgres: LocalPostgres, template: str) -> None:
    """Asked of the database that the migrator made, for a clone's rights are the fixture's."""
    made = Database(template, postgres.port)
    connection = psycopg2.connect(postgres.admin_url)
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE ROLE stranger LOGIN PASSWORD %s", [PASSWORD])

    try:
        with pytest.raises(psycopg2.OperationalError, match="does not have CONNECT privilege"):
            psycopg2.connect(made.url("stranger"))
        assert made.query("SELECT 1", role="analyst") == [(1,)]
    finally:
        with connection, connection.cursor() as cursor:
            cursor.execute("DROP ROLE stranger")
        connection.close()


@pytest.mark.parametrize("role", ["mlops_owner", "api", "analyst"])
def test_no_role_has_more_than_a_login(database: Database, role: str) -> None:
    rows = database.query(
        "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls"
        " FROM pg_roles WHERE rolname = %s",
        role,
    )

    assert rows == [(False,)]


def test_a_partitions_maker_is_not_misled_by_a_callers_temporary_objects(
    database: Database,
) -> None:
    """The function runs with the owner's rights: names in it must be the schema's own."""
    connection = psycopg2.connect(database.url("api"))
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE prediction_log (x int)")
        cursor.execute("CREATE TEMPORARY TABLE prediction_log_2031_07 (x int)")
        cursor.execute("SELECT ensure_prediction_log_partition('2031-07-01T00:00:00Z')")
    connection.close()

    made = database.query(
        "SELECT inhparent::regclass::text FROM pg_inherits"
        " WHERE inhrelid = 'public.prediction_log_2031_07'::regclass"
    )
    assert made == [("prediction_log",)]
