"""Reading the rows that are due out of the log, in bounded memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg2 import sql

from contract.schema import DataSetSchema
from db.rollup.predictions import as_number
from db.rollup.span import ORIGIN
from db.rollup.stream import stream
from monitor.database import MonitorConnection
from retraining.errors import TooManyRows
from retraining.quarantine import Window, touched
from retraining.rows import STATES, Rows

MOST_VALUES = 2**27
"""Values of all rows that are read at most: a gigabyte."""

# A case in 128 bits, three numbers that a double holds exactly. Of its name a hash, for a column of
# a block has a width; of what has no name its own id.
_PIECES = ((1, 6), (7, 6), (13, 4))
_COLUMNS = len(_PIECES) + 7

_STATEMENT = sql.SQL("""
    SELECT {pieces}, {time}, {due}, {settled}, {state}, ({touched})::integer::float8,
           coalesce(array_position({callers}::text[], coalesce(log.api_key_name, ''))::float8 - 1,
                    -1),
           log.prediction::float8 {features}
    FROM monitoring.outcomes_seen({as_of}, {known}, {known}) AS seen
    JOIN public.prediction_log AS log USING (predicted_at, prediction_id)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN log.client_reference IS NULL THEN uuid_send(log.prediction_id)
                    ELSE sha256(convert_to(log.client_reference, 'UTF8')) END AS name
    ) AS of
    WHERE seen.schema_version = {schema} AND seen.outcome_due <= {as_of}
      AND seen.business_time >= {since}""")
_CALLERS = """
    SELECT coalesce(api_key_name, ''), count(*) FROM prediction_log
    WHERE schema_version = %s AND logged_at <= %s GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %s"""
_NEXT_DUE = """
    SELECT min(due.at) FROM prediction_log AS log
    LEFT JOIN monitoring.due_window AS own ON own.model_version = log.model_version
    LEFT JOIN outcome_window AS declared ON declared.schema_version = log.schema_version
    CROSS JOIN LATERAL (
        SELECT monitoring.due_at(log.outcome_due, coalesce(log.event_time, log.predicted_at),
                                 coalesce(own.outcome_due, declared.outcome_due)) AS at
    ) AS due
    WHERE log.schema_version = %(schema)s AND log.logged_at <= %(known)s AND due.at > %(as_of)s
      AND coalesce(log.event_time, log.predicted_at) <= %(as_of)s"""
_MOST_CALLERS = 20


@dataclass(frozen=True, slots=True)
class Question:
    """Which rows: of a declaration, as of a business time, by what had come by a system time.

    kept_out: the windows of faults. since: rows of earlier business times are not read.
    """

    schema: DataSetSchema
    as_of: datetime
    known: datetime
    kept_out: tuple[Window, ...] = ()
    since: datetime = ORIGIN


def read(cursor: Any, question: Question) -> Rows:
    """The rows that are due as of the question's time, in the transaction of the cursor.

    Raises TooManyRows where they would not fit in memory.
    """
    cursor.execute(_CALLERS, (question.schema.id, question.known, _MOST_CALLERS))
    callers = tuple(name for name, _ in cursor.fetchall())
    width = _COLUMNS + len(question.schema.features)
    blocks: list[NDArray[np.float64]] = []

    def take(block: NDArray[np.float64]) -> None:
        blocks.append(block)
        if sum(map(len, blocks)) * width > MOST_VALUES:
            raise TooManyRows(
                f"more than {MOST_VALUES // width:,} rows are due: name a time with --since, from"
                " which on they are looked at"
            )

    stream(cursor, _statement(question, callers), width, take)
    found = np.concatenate(blocks) if blocks else np.empty((0, width))
    return _rows(found, callers)


def held(connection: MonitorConnection, question: Question) -> tuple[Rows, datetime | None]:
    """The rows as `read`, and when the next fall due, in the connection's transaction."""
    with connection.cursor() as cursor:
        # To read a large log takes longer than any request may.
        cursor.execute("SET LOCAL statement_timeout = 0")
        return read(cursor, question), next_due(cursor, question)


def next_due(cursor: Any, question: Question) -> datetime | None:
    """When the next case that was decided by then falls due; None where none is waiting."""
    values = {"schema": question.schema.id, "known": question.known, "as_of": question.as_of}
    cursor.execute(_NEXT_DUE, values)
    ((found,),) = cursor.fetchall()
    return None if found is None else found.astimezone(UTC)


def _statement(question: Question, callers: Sequence[str]) -> sql.Composable:
    time, due = sql.SQL("seen.business_time"), sql.SQL("seen.outcome_due")
    return _STATEMENT.format(
        pieces=sql.SQL(", ").join(_piece(first, length) for first, length in _PIECES),
        time=_number(time),
        due=_number(due),
        settled=_number(sql.SQL("greatest(seen.outcome_due, seen.observed_at)")),
        state=sql.SQL("array_position({}::text[], seen.state)::float8 - 1").format(
            sql.Literal(list(STATES))
        ),
        touched=touched(question.kept_out, time, sql.SQL("log.api_key_name")),
        callers=sql.Literal(list(callers)),
        features=sql.SQL("").join(
            sql.SQL(", {}").format(as_number(feature)) for feature in question.schema.features
        ),
        as_of=sql.Literal(question.as_of),
        known=sql.Literal(question.known),
        schema=sql.Literal(question.schema.id),
        since=sql.Literal(question.since),
    )


def _piece(first: int, length: int) -> sql.Composable:
    """In SQL: some bytes of the case's identity as a number."""
    return sql.SQL(
        "('x' || encode(substr(of.name, {}, {}), 'hex'))::bit({})::bigint::float8"
    ).format(sql.Literal(first), sql.Literal(length), sql.Literal(8 * length))


def _number(time: sql.Composable) -> sql.Composable:
    return sql.SQL("(extract(epoch FROM {} - {}) * 1000000)::float8").format(
        time, sql.Literal(ORIGIN)
    )


def _rows(found: NDArray[np.float64], callers: tuple[str, ...]) -> Rows:
    # Whatever order the server has them in: the same rows are the same bytes, and the same model.
    kept = len(_PIECES)
    names, features = found[:, :kept], found[:, _COLUMNS:]
    # A level that the declaration does not name counts as missing, as where it is scored.
    features = np.where(np.isfinite(features), features, np.nan) + 0.0
    time, due, settled, state, fault, caller, decided = found[:, kept:_COLUMNS].T
    whole = np.column_stack([state, time, due, settled, caller, decided]).astype(np.int64)
    order = np.lexsort([*features.T[::-1], state, time, *names.T[::-1], settled])
    names, whole = names[order], whole[order]
    _, cases = np.unique(names, axis=0, return_inverse=True)
    return Rows(
        features=features[order],
        states=whole[:, 0],
        times=whole[:, 1],
        due=whole[:, 2],
        settled=whole[:, 3],
        names=names,
        cases=cases.reshape(-1).astype(np.int64),
        callers=whole[:, 4],
        decided=whole[:, 5],
        touched=fault[order] == 1,
        caller_names=callers,
    )
