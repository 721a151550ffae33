"""The cost as work grows: connections, rows in the log, requests served."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg2

from benchmarks import rounds
from benchmarks.load import Target
from benchmarks.machine import resident_mib
from benchmarks.rig import Rig
from benchmarks.rounds import Table

CONNECTIONS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)

# Rows as old as the log gets: they lie in the partitions of the last three months.
_FILL = """
INSERT INTO prediction_log ({columns})
SELECT uuidv7(at - now()), date_trunc('milliseconds', at), {others}
FROM (SELECT * FROM prediction_log LIMIT 1000) AS model_rows,
     generate_series(1, %s) AS turn,
     LATERAL (SELECT now() - random() * interval '1 hour' + 0 * turn * interval '1 s') AS time(at)
"""


def connections(
    targets: Mapping[str, Target], turns: int, seconds: float, say: Callable[[str], None]
) -> Table:
    """Requests a second against connections."""
    return rounds.run(targets, CONNECTIONS, rounds=turns, seconds=seconds, say=say)


def logged_rows(
    rig: Rig, target: Target, sizes: Sequence[int], seconds: float, say: Callable[[str], None]
) -> dict[str, Any]:
    """Requests a second at 64 connections against the rows that the log holds already."""
    found: dict[str, Any] = {}
    target.load(64, 1)  # warm, and rows to copy
    for size in sizes:
        before = rig.logged()
        if size > before:
            _fill(rig, size - before)
        rates = [target.load(64, seconds).rate for _ in range(3)]
        found[str(max(size, before))] = rates
        say(f"{max(size, before):,} rows: {statistics.median(rates):,.0f} requests/s")
    return found


def many(target: Target, pid: int, requests: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Memory of the api while it answers very many requests."""
    target.load(64, 2)
    answered, samples, began = 0, [(0, resident_mib(pid))], time.monotonic()
    while answered < requests:
        measured = target.load(64, 10)
        answered += measured.requests - measured.refused
        samples.append((answered, resident_mib(pid)))
        say(f"{answered:>10,} requests: {samples[-1][1]} MiB")
    return {"samples": samples, "seconds": round(time.monotonic() - began, 1)}


def _fill(rig: Rig, rows: int) -> None:
    connection = psycopg2.connect(rig.url())
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position)"
                " FROM information_schema.columns WHERE table_name = 'prediction_log'"
                " AND column_name NOT IN ('prediction_id', 'predicted_at')"
            )
            others = cursor.fetchone()[0]  # type: ignore[index]
            columns = f"prediction_id, predicted_at, {others}"
            cursor.execute(
                _FILL.format(columns=columns, others=others), (max(1, round(rows / 1000)),)
            )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE prediction_log")
        connection.commit()
    finally:
        connection.close()
