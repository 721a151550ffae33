"""`python -m db retain`: takes off what is older than anybody asks for."""

import re
from collections.abc import Iterator

from psycopg2 import sql
from sqlalchemy import Connection, Row, text

from db.connection import owner, patience, wait_for
from db.old_records import forget
from db.settings import MigrateSettings
from db.sql import run_composed

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
                    _drop(connection, found)
        yield from forget(connection, months=months, apply=apply)


def _drop(connection: Connection, found: Row[tuple[str, int, int, bool, bool]]) -> None:
    partition = sql.Identifier(found.relname)
    if found.attached:
        run_composed(
            connection,
            "ALTER TABLE prediction_log DETACH PARTITION {partition} {how}",
            partition=partition,
            how=sql.SQL("FINALIZE" if found.pending else "CONCURRENTLY"),
        )
    # Sent together they are one transaction: what was dropped was counted, and counted once.
    run_composed(
        connection,
        "INSERT INTO retired_month AS known (partition_name, predictions)"
        " SELECT {name}, count(*) FROM {partition}"
        " ON CONFLICT (partition_name) DO UPDATE"
        " SET predictions = known.predictions + excluded.predictions, retired_at = now();"
        " DROP TABLE {partition}",
        name=sql.Literal(found.relname),
        partition=partition,
    )
