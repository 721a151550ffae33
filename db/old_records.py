"""The tables beside the log: which of their rows are too old to keep."""

from collections.abc import Iterator

from psycopg2 import sql
from sqlalchemy import Connection, text

from db.log.counters import Counters
from db.sql import driver_cursor

_CUTOFF = text("SELECT date_trunc('month', now(), 'UTC') - make_interval(months => :months)")

# Whose sums are kept: monitoring.log_reconciliation holds them against the log.
_EARLIER = "00000000-0000-0000-0000-000000000000"
_ENDED = "ended_at < {cutoff} AND counted_at < {cutoff} AND process_id <> {earlier}"

_TOO_OLD = {
    "rejected_request": "rejected_at < {cutoff}",
    # With the predictions that they speak of. Of a case by its name: when none of it is kept, and
    # none is awaited any more.
    "outcome_event": """
        uuid_extract_timestamp(prediction_id) < {cutoff}
        OR (received_at < {cutoff} AND client_reference IS NOT NULL AND NOT EXISTS (
            SELECT FROM prediction_log AS log
            WHERE log.client_reference = outcome_event.client_reference
              AND log.predicted_at >= {cutoff}))""",
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
    """Delete what is older than `months` whole months; only counts it unless `apply`.

    Of processes that ended before, the counters are added up in one row.
    """
    cutoff = sql.Literal(connection.execute(_CUTOFF, {"months": months}).scalar_one())
    delete = sql.SQL("DELETE FROM {table} WHERE {where}")
    for table, condition in _TOO_OLD.items():
        where = sql.SQL(condition).format(cutoff=cutoff)
        if found := _count(connection, table, where):
            yield f"{'deleting' if apply else 'would delete'} {found:,} rows of {table}"
            if apply:
                _run(connection, delete.format(table=sql.Identifier(table), where=where))
    where = sql.SQL(_ENDED).format(cutoff=cutoff, earlier=sql.Literal(_EARLIER))
    if found := _count(connection, "log_counter", where):
        yield f"{'adding' if apply else 'would add'} up {found:,} rows of log_counter"
        if apply:
            _run(connection, _add_up(where))


def _add_up(where: sql.Composable) -> sql.Composed:
    """The statement that makes one row of many, in one transaction."""
    names = [sql.Identifier(name) for name in Counters.SAVED]
    comma = sql.SQL(", ")
    return sql.SQL(
        "WITH gone AS (DELETE FROM log_counter WHERE {where} RETURNING *)"
        " INSERT INTO log_counter AS known"
        " (process_id, started_at, counted_at, ended_at, waiting, {names})"
        " SELECT {earlier}, min(started_at), max(counted_at), max(ended_at), 0, {sums} FROM gone"
        " ON CONFLICT (process_id) DO UPDATE SET"
        " started_at = least(known.started_at, excluded.started_at),"
        " counted_at = greatest(known.counted_at, excluded.counted_at),"
        " ended_at = greatest(known.ended_at, excluded.ended_at), {totals}"
    ).format(
        where=where,
        earlier=sql.Literal(_EARLIER),
        names=comma.join(names),
        sums=comma.join(sql.SQL("sum({})::bigint").format(name) for name in names),
        totals=comma.join(sql.SQL("{0} = known.{0} + excluded.{0}").format(name) for name in names),
    )


def _count(connection: Connection, table: str, where: sql.Composable) -> int:
    statement = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(sql.Identifier(table), where)
    with driver_cursor(connection) as cursor:
        cursor.execute(statement)
        (found,) = cursor.fetchone()
    return int(found)


def _run(connection: Connection, statement: sql.Composed) -> None:
    with driver_cursor(connection) as cursor:
        cursor.execute(statement)
