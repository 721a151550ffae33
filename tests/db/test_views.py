"""The views' numbers, for rows whose numbers are known."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from db.sql import query_files
from tests.conftest import Database
from tests.db.rows import insert, row

DAY_1 = datetime.date(2031, 6, 30)
DAY_2 = datetime.date(2031, 7, 1)
ZONES = ["UTC", "Asia/Kolkata", "America/Los_Angeles"]

# Two days on both sides of a month's end, three hours, two versions.
ROWS = [
    row("2031-06-30T22:10:00Z", request_id="a", probability=0.0, duration_ms=1.0, age=20),
    row("2031-06-30T22:59:59.999Z", request_id="b", probability=0.049, duration_ms=3.0, age=40),
    row("2031-06-30T23:30:00Z", request_id="c", probability=0.5, prediction=1, duration_ms=5.0)
    | {"monthly_income": None, "age": 60},
    row("2031-07-01T00:00:00Z", request_id="d", probability=1.0, prediction=1, duration_ms=2.0)
    | {"batch_size": 2, "monthly_income": 1000.0, "age": 30},
    row("2031-07-01T00:00:00Z", request_id="d", probability=0.95, prediction=1, duration_ms=2.0)
    | {"batch_size": 2, "instance_index": 1, "monthly_income": None, "age": 50},
    row("2031-07-01T00:30:00Z", request_id="e", probability=0.25, model_version="m2")
    | {"log_path": "direct", "monthly_income": 3000.0, "age": 40},
]
# What arrived late: logged_at - predicted_at of each row, in seconds.
LAGS = (0.5, 1.5, 2.0, 3.0, 5.0, 60.0)


@pytest.fixture(params=ZONES)
def logged(database: Database, request: pytest.FixtureRequest) -> Database:
    """The rows, and sessions of this time zone."""
    insert(
        database,
        (
            values
            | {
                "logged_at": datetime.datetime.fromisoformat(values["predicted_at"])
                + datetime.timedelta(seconds=lag)
            }
            for values, lag in zip(ROWS, LAGS, strict=True)
        ),
    )
    database.query(
        f"ALTER ROLE analyst IN DATABASE {database.name} SET TimeZone = '{request.param}'"
    )
    return database


def read(database: Database, columns: str, view: str, order: str = "1, 2") -> list[Any]:
    return database.query(
        f"SELECT {columns} FROM monitoring.{view} ORDER BY {order}", role="analyst"
    )


def hour(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def test_traffic_per_hour(logged: Database) -> None:
    rows = read(logged, "*", "traffic_per_hour")

    # hour, version, predictions, requests, mean probability, positive share, p50, p95
    assert rows == [
        (hour("2031-06-30T22:00Z"), "m1", 2, 2, 0.0245, 0.0, 2.0, 2.9),
        (hour("2031-06-30T23:00Z"), "m1", 1, 1, 0.5, 1.0, 5.0, 5.0),
        (hour("2031-07-01T00:00Z"), "m1", 2, 1, 0.975, 1.0, 2.0, 2.0),
        (hour("2031-07-01T00:00Z"), "m2", 1, 1, 0.25, 0.0, 1.0, 1.0),
    ]


def test_log_lag_per_hour(logged: Database) -> None:
    rows = read(logged, "*", "log_lag_per_hour")

    # hour, predictions, past the spool, p50, p95, longest
    assert rows == [
        (hour("2031-06-30T22:00Z"), 2, 0, 1.0, pytest.approx(1.45), 1.5),
        (hour("2031-06-30T23:00Z"), 1, 0, 2.0, 2.0, 2.0),
        (hour("2031-07-01T00:00Z"), 3, 1, 5.0, pytest.approx(54.5), 60.0),
    ]


def test_score_distribution(logged: Database) -> None:
    rows = read(
        logged, "day, model_version, bin, bin_from, predictions", "score_distribution", "1, 2, 3"
    )

    assert rows == [
        (DAY_1, "m1", 1, 0.0, 2),
        (DAY_1, "m1", 11, 0.5, 1),
        (DAY_2, "m1", 20, pytest.approx(0.95), 2),
        (DAY_2, "m2", 6, 0.25, 1),
    ]


def test_predictions_per_model_version(logged: Database) -> None:
    logged.query(
        "INSERT INTO model_version (model_version, schema_version, data_source, data_is_sample,"
        " created_at, metadata) VALUES ('m1', 'gmsc/1', 'sample', true, '2031-06-01Z', '{}')"
    )

    rows = read(logged, "*", "predictions_per_model_version")

    assert rows == [
        (
            *("m1", True, "sample", hour("2031-06-01T00:00Z")),
            *(hour("2031-06-30T22:10Z"), hour("2031-07-01T00:00Z")),
            *(5, pytest.approx(0.4998), 0.6),
        ),
        (
            *("m2", None, None, None),
            *(hour("2031-07-01T00:30Z"), hour("2031-07-01T00:30Z")),
            *(1, 0.25, 0.0),
        ),
    ]


def test_feature_per_day(logged: Database) -> None:
    rows = read(
        logged,
        "*",
        "feature_per_day WHERE feature IN ('MonthlyIncome', 'age')",
        "day, feature DESC",
    )

    income = ROWS[0]["monthly_income"]
    # day, schema, feature, predictions, missing share, mean, minimum, maximum
    assert rows == [
        (DAY_1, "gmsc/1", "age", 3, 0.0, 40.0, 20.0, 60.0),
        (DAY_1, "gmsc/1", "MonthlyIncome", 3, pytest.approx(1 / 3), income, income, income),
        (DAY_2, "gmsc/1", "age", 3, 0.0, 40.0, 30.0, 50.0),
        (DAY_2, "gmsc/1", "MonthlyIncome", 3, pytest.approx(1 / 3), 2000.0, 1000.0, 3000.0),
    ]


def test_feature_per_day_holds_all_features_once(logged: Database) -> None:
    rows = read(logged, "day, count(*), count(DISTINCT feature)", "feature_per_day GROUP BY 1", "1")

    assert rows == [(DAY_1, 10, 10), (DAY_2, 10, 10)]


def test_log_reconciliation(logged: Database) -> None:
    empty = read(logged, "*", "log_reconciliation", "1")
    for answered, quarantined in ((5, 1), (4, 0)):
        logged.query(
            "INSERT INTO log_counter VALUES"
            " (gen_random_uuid(), now(), now(), 10, %s, 0, 0, 0, 0, %s, 1)",
            answered,
            quarantined,
        )

    # logged, answered, accepted, quarantined, not yet logged
    assert empty == [(6, 0, 0, 0, 0)]
    assert read(logged, "*", "log_reconciliation", "1") == [(6, 9, 20, 1, 2)]


@pytest.mark.parametrize("file", query_files(), ids=lambda file: file.stem)
def test_a_ready_query_runs_as_the_analyst(database: Database, file: Path) -> None:
    [(now, identity)] = database.query("SELECT now() - interval '1 minute', uuidv7()::text")
    insert(database, [row(now, prediction_id=identity)])
    [(moment,)] = database.query("SELECT uuid_extract_timestamp(%s)", identity)
    database.query("UPDATE prediction_log SET predicted_at = %s", moment)
    statement = file.read_text().replace("01a208a3-fdf0-7665-a6d2-56079f72e1b2", identity)

    rows = database.query(statement, role="analyst")

    assert len(rows) == 1


def test_there_are_ready_queries() -> None:
    assert len(query_files()) >= 4
