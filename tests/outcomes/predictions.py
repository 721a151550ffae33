"""Predictions in the log, and connections to report what became of them."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg2
from psycopg2.extras import execute_values

from outcomes.connection import OutcomeConnection
from outcomes.report import Report
from tests.conftest import Database

DUE = datetime(2026, 3, 1, tzinfo=UTC)


class Prediction(NamedTuple):
    """A row of the log, as far as outcomes go by it."""

    prediction_id: str
    predicted_at: datetime
    client_reference: str | None = None
    event_time: datetime | None = None
    outcome_due: datetime | None = None
    model_version: str = "m1"
    schema_version: str = "unknown/1"
    logged_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)


def prediction_id(moment: datetime) -> str:
    """A new UUID of version 7 of that millisecond."""
    head, random = f"{int(moment.timestamp() * 1000):012x}", uuid.uuid4().hex
    return f"{head[:8]}-{head[8:]}-7{random[:3]}-a{random[3:6]}-{random[6:18]}"


def prediction(moment: datetime, **values: Any) -> Prediction:
    return Prediction(prediction_id(moment), moment, **values)


def report(of: Prediction | str, observed_at: datetime, **values: Any) -> Report:
    """A final, bad outcome of a prediction, or of a case by its name; every field can be given."""
    by_id, by_name = (None, of) if isinstance(of, str) else (of.prediction_id, None)
    whole = Report(by_id, by_name, "core", "1", "final", 1, 0, observed_at.isoformat())
    return whole._replace(**values)


def log(database: Database, rows: Iterable[Prediction]) -> None:
    """Make the partitions and insert, in one transaction."""
    rows = list(rows)
    connection = psycopg2.connect(database.url("postgres"))
    try:
        with connection, connection.cursor() as cursor:
            for month in {row.predicted_at.replace(day=1) for row in rows}:
                cursor.execute("SELECT ensure_prediction_log_partition(%s)", [month])
            execute_values(
                cursor,
                f"INSERT INTO prediction_log ({', '.join(Prediction._fields)}, request_id,"
                " probability, threshold, prediction, duration_ms) VALUES %s",
                [(*row, "r", 0.25, 0.5, 0, 1) for row in rows],
                page_size=1000,
            )
    finally:
        connection.close()


@contextmanager
def connection_of(database: Database, role: str = "api") -> Iterator[OutcomeConnection]:
    connection = OutcomeConnection(database.url(role), None)
    try:
        yield connection
    finally:
        connection.close()
