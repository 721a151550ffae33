"""The migrator brings any database to today's schema, once."""

import re
import threading

import psycopg2
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from db.connection import admin, owner
from db.errors import DatabaseError, DatabaseUnreachable, SchemaConflict, UnsafeSettings
from db.features import add_columns
from db.migrate import migrate, upgrade
from db.provision import provision
from db.settings import DEFAULT_PASSWORD
from db.tables import METADATA
from local.postgres import LocalPostgres
from tests.conftest import Database, free_port, migrate_settings
from tests.gmsc import SCHEMA

ROW = (
    "INSERT INTO prediction_log (prediction_id, predicted_at, request_id, model_version,"
    " schema_version, probability, threshold, prediction, duration_ms) VALUES"
    " (gen_random_uuid(), now(), 'r', 'm', 'gmsc/0', 0.1234567890123456, 0.5, 0, 1)"
)


def test_a_second_run_does_nothing(database: Database) -> None:
    assert list(migrate(database.settings)) == []


def test_two_migrators_at_once_do_the_work_once(postgres: LocalPostgres) -> None:
    settings = migrate_settings(postgres.admin_url, "migrated_twice")
    steps: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: steps.append(list(migrate(settings)))) for _ in range(2)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert min(map(len, steps)) == 0
    assert len(steps) == 2
    assert any("database migrated_twice: created" in made for made in steps)


def test_an_older_database_is_brought_forward_with_its_rows(postgres: LocalPostgres) -> None:
    settings = migrate_settings(postgres.admin_url, "older")
    list(provision(admin(settings), settings))
    with owner(settings).connect() as connection:
        list(upgrade(connection, "0001"))
        connection.execute(text("SELECT ensure_prediction_log_partition(now())"))
        connection.execute(text(ROW))
        connection.commit()

    steps = list(migrate(settings))

    assert "schema: from 0001 to 0014" in steps
    older = Database("older", postgres.port)
    rows = older.query("SELECT probability, route, batch_size, age FROM prediction_log")
    assert rows == [(0.1234567890123456, "/predict", 1, None)]


def test_a_database_of_the_counts_is_brought_forward_with_them(postgres: LocalPostgres) -> None:
    settings = migrate_settings(postgres.admin_url, "counted")
    list(provision(admin(settings), settings))
    with owner(settings).connect() as connection:
        list(upgrade(connection, "0008"))
        connection.execute(text("SELECT ensure_prediction_log_partition(now())"))
        connection.execute(text(ROW))
        connection.execute(text("UPDATE rollup_state SET as_of = '2026-03-01 00:00Z'"))
        connection.commit()

    steps = list(migrate(settings))

    counted = Database("counted", postgres.port)
    assert "schema: from 0008 to 0014" in steps
    assert counted.query("SELECT count(*) FROM rollup_mark") == [(1,)]
    assert counted.query("SELECT as_of = '2026-03-01 00:00Z' FROM rollup_state") == [(True,)]
    assert counted.query("SELECT * FROM monitoring.incidents", role="analyst") == []
    assert counted.query("SELECT * FROM monitor_clock", role="monitor") == []


def test_the_tables_are_those_that_python_knows(database: Database) -> None:
    features = {feature.column for feature in SCHEMA.features}

    with owner(database.settings).connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _is_ours})
        found = compare_metadata(context, METADATA)

    # Differences of one column come as a list; comments are the migrations' business.
    differences = [item for part in found for item in (part if isinstance(part, list) else [part])]
    extra = {item[3].name for item in differences if item[0] == "remove_column"}
    assert extra == features
    assert {item[0] for item in differences} <= {
        *("remove_column", "modify_comment", "remove_table_comment")
    }


def _is_ours(_: object, name: str, *__: object) -> bool:
    return re.fullmatch(r"prediction_log_\d{4}_\d{2}|alembic_version", name or "") is None


def test_the_declaration_decides_columns_types_and_comments(database: Database) -> None:
    rows = database.query(
        "SELECT attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum)"
        " FROM pg_attribute WHERE attrelid = 'prediction_log'::regclass AND attnum > 0"
    )
    columns = {name: (kind, comment) for name, kind, comment in rows}

    for feature in SCHEMA.features:
        kind, comment = columns[feature.column]
        assert kind == ("integer" if feature.kind == "integer" else "double precision")
        assert feature.description in comment
        assert feature.unit in comment


def test_a_column_of_another_type_is_a_conflict_and_changes_nothing(database: Database) -> None:
    database.query("ALTER TABLE prediction_log DROP COLUMN age CASCADE")
    database.query("ALTER TABLE prediction_log DROP COLUMN debt_ratio CASCADE")
    database.query("ALTER TABLE prediction_log ADD COLUMN debt_ratio text")

    with (
        pytest.raises(SchemaConflict, match="debt_ratio is text"),
        owner(database.settings).connect() as connection,
        connection.begin(),
    ):
        list(add_columns(connection, SCHEMA))

    columns = database.query(
        "SELECT 1 FROM information_schema.columns WHERE table_name = 'prediction_log'"
        " AND column_name = 'age'"
    )
    assert columns == []


@pytest.mark.parametrize(
    ("column", "value"),
    [("age", "NULL"), ("age", "-1"), ("age", "131"), ("monthly_income", "-0.5")],
)
def test_an_impossible_feature_is_refused(database: Database, column: str, value: str) -> None:
    features = {
        feature.column: str(feature.example)
        if feature.kind == "float"
        else str(int(feature.example))
        for feature in SCHEMA.features
    } | {column: value}
    insert = ROW.replace("gmsc/0", SCHEMA.id).replace(
        "duration_ms)", "duration_ms, " + ", ".join(features) + ")"
    )
    insert = insert.removesuffix(")") + ", " + ", ".join(features.values()) + ")"

    with pytest.raises(psycopg2.errors.CheckViolation, match="features"):
        database.query(insert)


def test_every_object_says_what_it_is_for(database: Database) -> None:
    relations = database.query(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v')"
        " AND relnamespace IN ('public'::regnamespace, 'monitoring'::regnamespace)"
        " AND relname <> 'alembic_version' AND obj_description(oid, 'pg_class') IS NULL"
    )
    columns = database.query(
        "SELECT attrelid::regclass::text, attname FROM pg_attribute WHERE attnum > 0"
        " AND NOT attisdropped AND col_description(attrelid, attnum) IS NULL AND attrelid IN"
        " ('prediction_log'::regclass, 'model_version'::regclass, 'retired_month'::regclass,"
        " 'rejected_request'::regclass, 'log_counter'::regclass, 'outcome_event'::regclass,"
        " 'outcome_window'::regclass, 'incident'::regclass, 'incident_record'::regclass,"
        " 'watch_state'::regclass, 'operator_note'::regclass, 'monitor_clock'::regclass,"
        " 'webhook_target'::regclass, 'webhook_delivery'::regclass,"
        " 'retraining_record'::regclass)"
    )
    functions = database.query(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND obj_description(oid, 'pg_proc') IS NULL"
    )

    assert relations == []
    assert columns == []
    assert functions == []


def test_default_passwords_are_refused_in_production(postgres: LocalPostgres) -> None:
    settings = migrate_settings(
        postgres.admin_url, "unsafe", environment="production", api_db_password=DEFAULT_PASSWORD
    )

    with pytest.raises(UnsafeSettings, match="api"):
        list(migrate(settings))


def test_a_silent_postgres_is_a_clear_error_within_the_time_that_was_given() -> None:
    settings = migrate_settings(
        f"postgresql://postgres@127.0.0.1:{free_port()}/postgres",
        "mlops",
        database_wait_seconds=0.5,
    )

    with pytest.raises(DatabaseUnreachable, match="refused"):
        list(migrate(settings))


def test_a_changed_password_takes_effect(database: Database) -> None:
    settings = database.settings.model_copy(
        update={"analyst_db_password": type(database.settings.analyst_db_password)("other")}
    )

    try:
        list(migrate(settings))
        with pytest.raises(psycopg2.OperationalError, match="password"):
            psycopg2.connect(database.url("analyst"))
    finally:
        list(migrate(database.settings))


def test_whoever_holds_the_log_or_a_view_is_waited_for_and_then_named(database: Database) -> None:
    """A migrator that waits for a lock keeps the inserts waiting behind it."""
    reader = psycopg2.connect(database.url("analyst"))
    with reader.cursor() as cursor:
        cursor.execute("SELECT * FROM monitoring.traffic_per_hour")

    with pytest.raises(DatabaseError, match="in use by a transaction"):
        list(migrate(database.settings, lock_seconds=1))
    reader.close()

    assert list(migrate(database.settings, lock_seconds=1)) == []
    assert database.query("SELECT * FROM monitoring.traffic_per_hour", role="analyst") == []


def test_the_planner_knows_that_the_log_lies_in_the_order_of_its_key(database: Database) -> None:
    list(migrate(database.settings))

    # At the default it reads a whole month for its last day.
    assert database.query("SHOW random_page_cost", role="analyst") == [("1.1",)]
