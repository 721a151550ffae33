"""`python -m db retain`: takes off what is older than anybody asks for."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from psycopg2 import sql
from sqlalchemy import Connection, Engine, Row, text

from db.connection import owner, patience, wait_for
from db.old_records import forget
from db.rollup import retirement
from db.rollup.tables import Tallies
from db.settings import MigrateSettings
from db.sql import driver_cursor, run_composed

_NAME = re.compile(r"prediction_log_\d{4}_\d{2}")

# Older than N whole months before this one; a partition's name is its month. One that is no
# longer attached was left by a run that ended between taking it off and dropping it: whoever
# takes a month off to keep it gives it another name.
_PARTITIONS = text(
    "SELECT relname, reltuples::bigint, pg_total_relation_size(oid),"
    " inhrelid IS NOT NULL AS attached, coalesce(inhdetachpending, false) AS pending"
    " FROM pg_class LEFT JOIN pg_inherits ON inhrelid = oid"
    " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    " AND (inhparent IS NULL OR inhparent = 'prediction_log'::regclass)"
    " AND relname < 'prediction_log_'"
    " || to_char((now() AT TIME ZONE 'UTC') - make_interval(months => :months), 'YYYY_MM')"
    # At most one is pending, and nothing else can be taken off before it.
    " ORDER BY pending DESC, relname"
)

_ROWS = text(
    "SELECT count(*) FROM prediction_log WHERE predicted_at >= :first AND predicted_at < :end"
)
_ATTACHED = text("SELECT FROM pg_inherits WHERE inhrelid = to_regclass('public.' || :name)")
# It attaches the table of that name, where there is one.
_ATTACH = text("SELECT ensure_prediction_log_partition(:first)")


def retain(
    settings: MigrateSettings, *, months: int, apply: bool, lock_seconds: int = 10
) -> Iterator[str]:
    """Detach and drop the partitions older than `months` months; only names them unless `apply`.

    No DELETE in the log: a partition goes in an instant and gives its space back. Of the tables
    beside it, what is as old is deleted. Yields what is done. A run goes on where an interrupted
    one ended. Raises DatabaseError where somebody holds a partition for longer than
    `lock_seconds`.
    """
    engine = owner(settings)
    wait_for(engine, settings.database_wait_seconds)
    # DETACH CONCURRENTLY waits for running queries, not they for it; it allows no transaction.
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        for found in connection.execute(_PARTITIONS, {"months": months}).all():
            name, rows, size, *_ = found
            if not _NAME.fullmatch(name):
                continue
            verb = "dropping" if apply else "would drop"
            yield f"{verb} {name}: about {max(rows, 0):,} rows, {size / 2**20:,.0f} MiB"
            if apply:
                with patience(connection, name, lock_seconds):
                    _drop(engine, connection, found, lock_seconds)
        yield from forget(connection, months=months, apply=apply)


def _drop(
    engine: Engine,
    connection: Connection,
    found: Row[tuple[str, int, int, bool, bool]],
    lock_seconds: int,
) -> None:
    """Take a month off and drop it, with its counts kept.

    They are counted while the month is in the log. What came to it until it was off is found by the
    number of its rows: then it is put back, and counted again.
    """
    name = found.relname
    if found.pending:
        _detach(connection, name, "FINALIZE")
    month = _month(name)
    while True:
        if not _is_attached(connection, name):
            connection.execute(_ATTACH, {"first": month[0]})
        with _alone(engine, lock_seconds), engine.connect() as work:
            rows, counts = _counted(work, month)
            _detach(connection, name, "CONCURRENTLY")
            if _dropped(work, name, rows, counts):
                return


def _detach(connection: Connection, name: str, how: str) -> None:
    run_composed(
        connection,
        "ALTER TABLE prediction_log DETACH PARTITION {partition} {how}",
        partition=sql.Identifier(name),
        how=sql.SQL(how),
    )


@contextmanager
def _alone(engine: Engine, lock_seconds: int) -> Iterator[None]:
    """Nobody counts meanwhile: of a month that is half off a count would be wrong."""
    with engine.connect() as gate:
        with patience(gate, "rollup_gate", lock_seconds):
            gate.execute(text("LOCK TABLE rollup_gate IN EXCLUSIVE MODE"))
        yield


def _counted(work: Connection, month: retirement.Month) -> tuple[int, Tallies]:
    """How many rows a month has, and their counts, as of one moment."""
    bounds = dict(zip(("first", "end"), month, strict=True))
    with work.begin():
        work.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        rows = work.execute(_ROWS, bounds).scalar_one()
        return rows, retirement.counts_of(driver_cursor(work), month)


def _dropped(work: Connection, name: str, rows: int, counts: Tallies) -> bool:
    """Drop the table, count its rows as retired; False where there are others than `rows`.

    One transaction: what was dropped was counted, and counted once.
    """
    partition = sql.Identifier(name)
    with work.begin(), driver_cursor(work) as cursor:
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(partition))
        if cursor.fetchone() != (rows,):
            return False
        retirement.keep(cursor, counts)
        cursor.execute(
            "INSERT INTO retired_month AS known (partition_name, predictions) VALUES (%s, %s)"
            " ON CONFLICT (partition_name) DO UPDATE"
            " SET predictions = known.predictions + excluded.predictions, retired_at = now()",
            (name, rows),
        )
        cursor.execute(sql.SQL("DROP TABLE {}").format(partition))
    return True


def _is_attached(connection: Connection, name: str) -> bool:
    return connection.execute(_ATTACHED, {"name": name}).first() is not None


def _month(name: str) -> retirement.Month:
    first = datetime.strptime(name, "prediction_log_%Y_%m").replace(tzinfo=UTC)
    end = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return first, end
