"""The declaration's columns, checks and views, and what a changed declaration does to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import psycopg2
import pytest
from psycopg2 import errors
from sqlalchemy import Connection

from contract.feature import Feature
from contract.reserved import RESERVED_COLUMNS
from contract.schema import DataSetSchema
from db.connection import owner
from db.errors import SchemaConflict
from db.features import add_columns, validate_checks
from tests.conftest import Database
from tests.contract.tables import flag, number, table
from tests.db.rows import insert, row
from tests.gmsc import SCHEMA


def changed(version: int, name: str = "age", **fields: object) -> DataSetSchema:
    """The declaration of that version, with one feature changed."""
    features = tuple(
        replace(feature, **fields) if feature.name == name else feature  # type: ignore[arg-type] # by keyword
        for feature in SCHEMA.features
    )
    return replace(SCHEMA, version=version, features=features)


def extended(*names: str) -> DataSetSchema:
    """The next version of the declaration, with more features."""
    more = tuple(
        Feature(
            name=name,
            kind="float",
            nullable=True,
            minimum=0,
            maximum=1,
            unit="ratio",
            description="new",
            example=0.5,
        )
        for name in names
    )
    return replace(SCHEMA, version=2, features=(*SCHEMA.features, *more))


@contextmanager
def as_owner(database: Database) -> Iterator[Connection]:
    with owner(database.settings).connect() as connection, connection.begin():
        yield connection


def declare(database: Database, schema: DataSetSchema) -> list[str]:
    with as_owner(database) as connection:
        steps = list(add_columns(connection, schema))
    with as_owner(database) as connection:
        validate_checks(connection)
    return steps


def unvalidated(database: Database) -> list[str]:
    rows = database.query("SELECT conname FROM pg_constraint WHERE NOT convalidated ORDER BY 1")
    return [name for (name,) in rows]


def test_a_feature_under_a_new_version_is_added_and_old_rows_stay(database: Database) -> None:
    insert(database, [row("2031-07-01T00:00:00Z")])

    steps = declare(database, extended("Tenure"))

    insert(database, [row("2031-07-02T00:00:00Z", schema_version="gmsc/2", tenure=0.5)])
    assert steps == ["column tenure: added", "check prediction_log_gmsc_2_features: added"]
    assert database.query("SELECT tenure FROM prediction_log ORDER BY predicted_at") == [
        (None,),
        (0.5,),
    ]
    assert unvalidated(database) == []
    assert declare(database, extended("Tenure")) == []


def test_a_row_is_checked_by_the_declaration_that_it_names(database: Database) -> None:
    declare(database, changed(2, maximum=200.0))

    insert(database, [row("2031-07-01T00:00:00Z", schema_version="gmsc/2", age=150)])
    with pytest.raises(errors.CheckViolation, match="gmsc_1_features"):
        insert(database, [row("2031-07-01T00:00:00Z", schema_version="gmsc/1", age=150)])


@pytest.mark.parametrize(
    "schema",
    [
        changed(1, maximum=140.0),
        changed(1, minimum=1.0, missing_codes=()),
        changed(1, nullable=True),
    ],
    ids=["maximum", "minimum", "nullable"],
)
def test_another_rule_under_the_same_version_is_a_conflict(
    database: Database, schema: DataSetSchema
) -> None:
    with pytest.raises(SchemaConflict, match="raise the declaration's version"):
        declare(database, schema)


def test_another_feature_under_the_same_version_is_a_conflict_and_adds_nothing(
    database: Database,
) -> None:
    with pytest.raises(SchemaConflict, match="gmsc/1"):
        declare(database, replace(extended("Tenure"), version=1))

    with pytest.raises(errors.UndefinedColumn):
        database.query("SELECT tenure FROM prediction_log")


def test_other_words_under_the_same_version_are_taken_over(database: Database) -> None:
    assert declare(database, changed(1, description="In years, as told")) == []

    [(comment,)] = database.query(
        "SELECT col_description('prediction_log'::regclass, attnum) FROM pg_attribute"
        " WHERE attrelid = 'prediction_log'::regclass AND attname = 'age'"
    )
    assert "In years, as told" in comment


def test_what_the_log_and_its_views_have_no_feature_can_take(database: Database) -> None:
    rows = database.query(
        "SELECT DISTINCT attname FROM pg_attribute"
        " WHERE attrelid IN ('prediction_log'::regclass, 'monitoring.last_day_by_hour'::regclass)"
    )
    derived = {feature.column for feature in SCHEMA.features}
    derived |= {f"{feature.column}_missing" for feature in SCHEMA.features}

    assert {name for (name,) in rows} - derived <= RESERVED_COLUMNS


def test_a_table_of_many_other_columns_has_no_room(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.features._MOST_COLUMNS", 31)

    with pytest.raises(SchemaConflict, match=r"29 columns.* needs 3 more.*DATABASE_NAME"):
        declare(database, extended("x", "y", "z"))
    assert declare(database, extended("x", "y")) != []


def test_columns_in_an_order_that_wastes_room_are_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers, flags = [number("n"), number("m")], [flag("a"), flag("b")]
    declare(database, table(flags[0], numbers[0], flags[1], numbers[1]))
    monkeypatch.setattr("db.features.MAX_FEATURE_BYTES", 31)

    with pytest.raises(SchemaConflict, match=r"loans/2 can take 32 bytes.*DATABASE_NAME"):
        declare(database, table(*numbers, *flags, version=2))


def test_new_checks_are_held_against_old_rows_without_stopping_inserts(
    database: Database,
) -> None:
    insert(database, [row("2031-07-01T00:00:00Z")])
    with as_owner(database) as connection:
        list(add_columns(connection, changed(2)))
    new = ["prediction_log_gmsc_2_features"]
    before = unvalidated(database)

    with as_owner(database) as connection:
        validate_checks(connection)
        with psycopg2.connect(database.url("api")) as writer, writer.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
            cursor.execute(
                "INSERT INTO prediction_log (prediction_id, predicted_at, request_id,"
                " model_version, schema_version, probability, threshold, prediction, duration_ms)"
                " VALUES (gen_random_uuid(), '2031-07-01Z', 'r', 'm', 'other/1', 0, 0, 1, 0)"
            )
        writer.close()

    # The log's own, and its partitions'.
    assert set(before) == set(new)
    assert len(before) == 6
    assert unvalidated(database) == []


def test_a_row_that_breaks_a_new_check_is_named_and_kept(database: Database) -> None:
    insert(database, [row("2031-07-01T00:00:00Z", schema_version="gmsc/2", age=150)])

    with pytest.raises(errors.CheckViolation, match="gmsc_2_features"):
        declare(database, changed(2))

    assert database.query("SELECT age FROM prediction_log") == [(150,)]


def test_the_last_day_by_hour_names_every_feature(database: Database) -> None:
    [(hour,)] = database.query("SELECT date_trunc('hour', now(), 'UTC')")
    now, earlier, yesterday = ((hour - timedelta(hours=age)).isoformat() for age in (0, 1, 25))
    insert(
        database,
        [
            row(now, age=20, monthly_income=None),
            row(now, age=40, monthly_income=100.0),
            row(earlier, age=60),
            row(yesterday, age=100),
        ],
    )

    rows = database.query(
        "SELECT predictions, age, age_missing, monthly_income, monthly_income_missing"
        " FROM monitoring.last_day_by_hour ORDER BY hour DESC",
        role="analyst",
    )

    assert rows[0] == (2, 30.0, 0.0, 100.0, 0.5)
    assert [predictions for predictions, *_ in rows] == [2, 1]
    columns = database.query(
        "SELECT attname FROM pg_attribute WHERE attnum > 0"
        " AND attrelid = 'monitoring.last_day_by_hour'::regclass"
    )
    names = {name for (name,) in columns}
    assert names >= {feature.column for feature in SCHEMA.features}
    assert names >= {f"{feature.column}_missing" for feature in SCHEMA.features}
