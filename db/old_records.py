"""The tables beside the log: which of their rows are too old to keep."""

from collections.abc import Iterator

from psycopg2 import sql
from sqlalchemy import Connection, text

_CUTOFF = text("SELECT date_trunc('month', now(), 'UTC') - make_interval(months => :months)")

# Of log_counter nothing goes: a row is written only by a process that was asked something, and
# monitoring.log_reconciliation holds the sum of all of them against the log.
_TOO_OLD = {
    "rejected_request": "rejected_at < {cutoff}",
    # Superseded before the oldest month that is kept: whatever served in it stays known, also
    # where a process has served the same version for years.
    "model_activation": """
        activated_at < {cutoff} AND EXISTS (
            SELECT FROM model_activation AS later
            WHERE later.activated_at > model_activation.activated_at
              AND later.activated_at < {cutoff}
              AND (later.process_id = model_activation.process_id
                   OR (later.instance = model_activation.instance AND NOT EXISTS (
                       SELECT FROM log_counter AS counter
                       WHERE counter.process_id = model_activation.process_id
                         AND counter.counted_at >= {cutoff}))))""",
}


def forget(connection: Connection, *, months: int, apply: bool) -> Iterator[str]:
    """Delete what is older than `months` whole months; only counts it unless `apply`."""
    cutoff = connection.execute(_CUTOFF, {"months": months}).scalar_one()
    driver = connection.connection.driver_connection
    assert driver is not None
    for table, condition in _TOO_OLD.items():
        where = sql.SQL(condition).format(cutoff=sql.Literal(cutoff))
        what = {"table": sql.Identifier(table), "where": where}
        with driver.cursor() as cursor:
            cursor.execute(sql.SQL("SELECT count(*) FROM {table} WHERE {where}").format(**what))
            (found,) = cursor.fetchone()
            if not found:
                continue
            yield f"{'deleting' if apply else 'would delete'} {found:,} rows of {table}"
            if apply:
                cursor.execute(sql.SQL("DELETE FROM {table} WHERE {where}").format(**what))
