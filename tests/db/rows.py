"""Rows of prediction_log, as a test wants them."""

from collections.abc import Iterable
from typing import Any

import psycopg2
from psycopg2 import sql

from tests.conftest import Database
from tests.gmsc import SCHEMA

ID = "01a208a3-fdf0-7665-a6d2-56079f72e1b2"

_BASE: dict[str, Any] = {
    "request_id": "request",
    "model_version": "m1",
    "schema_version": SCHEMA.id,
    "probability": 0.25,
    "threshold": 0.5,
    "prediction": 0,
    "duration_ms": 1.0,
} | {
    feature.column: int(feature.example) if feature.kind == "integer" else feature.example
    for feature in SCHEMA.features
}


def row(predicted_at: str, **values: Any) -> dict[str, Any]:
    """A valid row of that moment; every column can be given."""
    return _BASE | {"predicted_at": predicted_at} | values


def insert(database: Database, rows: Iterable[dict[str, Any]], role: str = "postgres") -> None:
    """Make the partitions and insert, in one transaction."""
    connection = psycopg2.connect(database.url(role))
    try:
        with connection, connection.cursor() as cursor:
            for values in rows:
                cursor.execute(
                    "SELECT ensure_prediction_log_partition(%s)", [values["predicted_at"]]
                )
                cursor.execute(insertion(values), values)
    finally:
        connection.close()


def insertion(values: dict[str, Any]) -> sql.Composed:
    """The INSERT for these columns; its parameters are the row."""
    identity = "" if "prediction_id" in values else ", prediction_id"
    made = "" if "prediction_id" in values else ", gen_random_uuid()"
    return sql.SQL("INSERT INTO prediction_log ({}{}) VALUES ({}{})").format(
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(identity),
        sql.SQL(", ").join(map(sql.Placeholder, values)),
        sql.SQL(made),
    )
