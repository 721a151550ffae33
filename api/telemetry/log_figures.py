"""The prediction log's figures: their names, where they come from, how those of workers add up."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from db.log import LogStatus

Counter = tuple[str, str, Callable[[LogStatus], float]]
Merge = Callable[[NDArray[np.float64]], Any]
Gauge = tuple[str, str, Merge, Callable[[LogStatus], float]]

COUNTERS: tuple[Counter, ...] = (
    ("accepted_rows", "Rows handed to the log", lambda log: log.counters.accepted),
    (
        "committed_rows",
        "Rows answered because Postgres had them",
        lambda log: log.counters.committed,
    ),
    (
        "spooled_rows",
        "Rows answered because the spool held them durably",
        lambda log: log.counters.spooled,
    ),
    (
        "drained_rows",
        "Rows stored in Postgres, whoever spooled them",
        lambda log: log.counters.drained,
    ),
    ("duplicate_rows", "Rows sent that Postgres had already", lambda log: log.counters.duplicate),
    ("quarantined_rows", "Rows that can never be stored", lambda log: log.counters.quarantined),
    ("refused_rows", "Rows answered with 503", lambda log: log.counters.refused),
    ("damaged_frames", "Unreadable pieces of the spool", lambda log: log.counters.damaged_frames),
)
# Behind the counters of `count_values`.
CALLS, CALL_SECONDS = len(COUNTERS), len(COUNTERS) + 1

GAUGES: tuple[Gauge, ...] = (
    (
        "rows_in_flight",
        "Rows between a request and its promise",
        np.sum,
        lambda log: log.rows_in_flight,
    ),
    (
        "backlog_rows",
        "Rows of living workers not yet in Postgres",
        np.sum,
        lambda log: log.backlog_rows,
    ),
    (
        "backlog_bytes",
        "Bytes of living workers not yet in Postgres",
        np.sum,
        lambda log: log.backlog_bytes,
    ),
    # Each worker looks at the one directory that all of them share.
    ("spool_bytes", "Size of the spool directory", np.max, lambda log: log.spool_bytes),
    (
        "oldest_row_seconds",
        "Age of the oldest row not yet in Postgres",
        np.max,
        lambda log: log.oldest_seconds,
    ),
)


def count_values(status: LogStatus) -> tuple[float, ...]:
    """As COUNTERS, then the calls to Postgres and their time."""
    counters = status.counters
    return (*(value(status) for _, _, value in COUNTERS), counters.calls, counters.call_seconds)


def gauge_values(status: LogStatus) -> tuple[float, ...]:
    """As GAUGES."""
    return tuple(value(status) for _, _, _, value in GAUGES)
