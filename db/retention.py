"""`python -m db retain`: takes months off the log that are older than anybody asks for."""

import re
from collections.abc import Iterator

from psycopg2 import sql
from sqlalchemy import text

from db.connection import owner, wait_for
from db.settings import MigrateSettings
from db.sql import run_composed

_NAME = re.compile(r"prediction_log_\d{4}_\d{2}")

# Older than N whole months before this one; a partition's name is its month.
_PARTITIONS = text(
    "SELECT child.relname, child.reltuples::bigint, pg_total_relation_size(child.oid)"
    " FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid"
    " WHERE inhparent = 'prediction_log'::regclass AND child.relname <"
    " 'prediction_log_' || to_char((now() AT TIME ZONE 'UTC') - make_interval(months => :months),"
    " 'YYYY_MM') ORDER BY 1"
)


def retain(settings: MigrateSettings, *, months: int, apply: bool) -> Iterator[str]:
    """Detach and drop the partitions older than `months` months; only names them unless `apply`.

    Never a DELETE: a partition goes in an instant and gives its space back. Yields what is done.
    """
    engine = owner(settings)
    wait_for(engine, settings.database_wait_seconds)
    # DETACH CONCURRENTLY waits for running queries, not they for it; it allows no transaction.
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("SET lock_timeout = '10s'"))
        found = connection.execute(_PARTITIONS, {"months": months}).all()
        for name, rows, size in found:
            if not _NAME.fullmatch(name):
                continue
            verb = "dropping" if apply else "would drop"
            yield f"{verb} {name}: about {max(rows, 0):,} rows, {size / 2**20:,.0f} MiB"
            if apply:
                partition = sql.Identifier(name)
                run_composed(
                    connection,
                    "ALTER TABLE prediction_log DETACH PARTITION {partition} CONCURRENTLY",
                    partition=partition,
                )
                run_composed(connection, "DROP TABLE {partition}", partition=partition)
