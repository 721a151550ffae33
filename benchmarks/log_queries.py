"""How fast the log answers, with many rows in it.

    python -m benchmarks.log_queries --rows 10000000

fills a throw-away PostgreSQL with rows spread over 30 days and times the questions that the log is
made for, each several times, minimum, median and maximum in seconds; it also tells the sizes. Each
is asked of the log as it is, in a partition a month, and of a copy in a partition a day.
"""

import argparse
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg2

from db.migrate import migrate
from db.settings import MigrateSettings
from local.postgres import LocalPostgres
from tests.gmsc import SCHEMA

DAYS = 30
BY_DAY = "log_by_day"
REPEATS = 5

_ALL_FEATURES = ", ".join(
    f"avg({feature.column}), (count(*) - count({feature.column}))::float8 / count(*)"
    for feature in SCHEMA.features
)
QUESTIONS = {
    "last hour, newest 100": (
        "SELECT * FROM prediction_log WHERE predicted_at >= %(end)s - interval '1 hour'"
        " ORDER BY predicted_at DESC LIMIT 100"
    ),
    "last 24 h by hour, mean and missing share of every feature": (
        "SELECT date_bin('1 hour', predicted_at, '2000-01-01 00:00Z'), count(*), avg(probability),"
        f" {_ALL_FEATURES} FROM prediction_log"
        " WHERE predicted_at >= %(end)s - interval '24 hours' GROUP BY 1"
    ),
    "one prediction by its id alone": (
        "SELECT * FROM prediction_log WHERE predicted_at = uuid_extract_timestamp(%(id)s::uuid)"
        " AND prediction_id = %(id)s::uuid"
    ),
    "rows and mean score by model version, 7 days": (
        "SELECT model_version, count(*), avg(probability) FROM prediction_log"
        " WHERE predicted_at >= %(end)s - interval '7 days' GROUP BY 1"
    ),
}


def fill(cursor: "psycopg2.extensions.cursor", rows: int) -> None:
    """Rows in the order of their time, as a service writes them, a day at a time."""
    names = ", ".join(feature.column for feature in SCHEMA.features)
    values = ", ".join(
        "CASE WHEN random() < 0.1 THEN NULL ELSE floor(random() * 20) END"
        if feature.nullable
        else "floor(random() * 20)"
        for feature in SCHEMA.features
    )
    cursor.execute(
        "SELECT ensure_prediction_log_partition(now() - make_interval(days => day))"
        f" FROM generate_series(0, {DAYS}) AS day"
    )
    per_day = rows // DAYS
    for day in range(DAYS, 0, -1):
        cursor.execute(
            f"""
            WITH moments AS (
                SELECT date_trunc('milliseconds', now() - make_interval(days => {day})
                       + n * interval '1 day' / {per_day}) AS moment
                FROM generate_series(0, {per_day} - 1) AS n
            )
            INSERT INTO prediction_log (prediction_id, predicted_at, request_id, model_version,
                schema_version, probability, threshold, prediction, duration_ms, {names})
            SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '7'
                    || substr(md5(random()::text), 1, 3) || '8'
                    || substr(md5(random()::text), 1, 15))::uuid,
                   moment, md5(random()::text), 'gmsc-' || floor(random() * 3)::text, '{SCHEMA.id}',
                   random(), 0.25, 0, 0.5, {values}
            FROM moments
            """
        )


def copy_by_day(cursor: "psycopg2.extensions.cursor") -> None:
    """The same rows and the same key, in a partition a day."""
    cursor.execute(
        f"CREATE TABLE {BY_DAY} (LIKE prediction_log INCLUDING ALL)"
        " PARTITION BY RANGE (predicted_at)"
    )
    for day in range(-1, DAYS + 2):
        cursor.execute(
            "SELECT format('CREATE TABLE %%I PARTITION OF %%I FOR VALUES FROM (%%L) TO (%%L)',"
            " %(table)s || to_char(day, '_YYYY_MM_DD'), %(table)s, day, day + interval '1 day')"
            " FROM date_trunc('day', now() - make_interval(days => %(day)s)) AS day",
            {"table": BY_DAY, "day": day},
        )
        (statement,) = cursor.fetchone() or ("",)
        cursor.execute(statement)
    cursor.execute(f"INSERT INTO {BY_DAY} SELECT * FROM prediction_log")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="log-queries-") as scratch, socket.socket() as probe:
        Path(scratch).chmod(0o755)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        server = LocalPostgres(Path(scratch) / "server", port=port, password="x", durable=False)
        server.start("shared_buffers=512MB", "max_wal_size=4GB")
        try:
            measure(server, rows)
        finally:
            server.stop()
    return 0


def measure(server: LocalPostgres, rows: int) -> None:
    """Fill, then ask."""
    word = "x"
    settings: dict[str, Any] = {
        "database_admin_url": server.admin_url,
        "mlops_owner_password": word,
        "api_db_password": word,
        "analyst_db_password": word,
    }
    list(migrate(MigrateSettings(**settings)))
    connection = psycopg2.connect(server.admin_url.removesuffix("postgres") + "mlops")
    connection.autocommit = True
    with connection.cursor() as cursor:
        started = time.perf_counter()
        fill(cursor, rows)
        print(f"{rows:,} rows in {time.perf_counter() - started:.0f} s", file=sys.stderr)
        copy_by_day(cursor)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(
            "SELECT sum(pg_relation_size(inhrelid)), sum(pg_indexes_size(inhrelid))"
            " FROM pg_inherits WHERE inhparent = 'prediction_log'::regclass"
        )
        heap, index = cursor.fetchone() or (0, 0)
        print(f"heap {heap / 2**20:,.0f} MiB, indexes {index / 2**20:,.0f} MiB")
        cursor.execute("SELECT max(predicted_at) FROM prediction_log")
        (end,) = cursor.fetchone() or (None,)
        cursor.execute("SELECT prediction_id FROM prediction_log LIMIT 1 OFFSET 12345")
        (identity,) = cursor.fetchone() or (None,)
        for question, statement in QUESTIONS.items():
            for table in ("prediction_log", BY_DAY):
                seconds = []
                for _ in range(REPEATS):
                    started = time.perf_counter()
                    cursor.execute(
                        statement.replace("prediction_log", table), {"end": end, "id": identity}
                    )
                    cursor.fetchall()
                    seconds.append(time.perf_counter() - started)
                low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
                print(f"{question}, {table}: {low:.4f} / {middle:.4f} / {high:.4f} s")
    connection.close()


if __name__ == "__main__":
    sys.exit(main())
