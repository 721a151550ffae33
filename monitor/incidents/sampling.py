"""Rows of the log as a sample, with what is known of their outcomes at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg2 import sql

from contract.feature import Feature
from db.rollup.predictions import as_number
from db.rollup.span import ORIGIN
from db.rollup.stream import stream
from diagnosis.rows import Rows
from monitor.incidents.drawing import Draw
from monitor.incidents.hours import time_of

_COLUMNS = 6
# Of a signed integer of 64 bits.
_LEAST, _VALUES = -(2**63), 2**64

# By what the caller knows of the case, so that a log that was fed again has the same sample: ids
# and times of the system are others then. A case that was asked again is drawn with its first row.
_KEY = sql.SQL("""CASE
            WHEN log.client_reference IS NOT NULL THEN hashtextextended(log.client_reference, 0)
            WHEN log.event_time IS NULL THEN uuid_hash_extended(log.prediction_id, 0)
            ELSE hashtextextended(
                concat(extract(epoch FROM log.event_time), ' ', log.probability), 0)
        END""")

_STATEMENT = sql.SQL("""
    WITH own AS MATERIALIZED (
        SELECT (SELECT outcome_due FROM monitoring.due_window WHERE model_version = {version})
               AS outcome_due
    ), drawn AS MATERIALIZED (
        SELECT log.predicted_at, log.prediction_id, log.probability,
               array_position({names}::text[], coalesce(log.api_key_name, '')) AS caller,
               coalesce(log.event_time, log.predicted_at) AS business_time, due.at AS due
               {features}
        FROM unnest({hours}::timestamptz[]) AS hour (start)
        CROSS JOIN LATERAL (
            SELECT * FROM public.prediction_log
            WHERE event_time IS NULL
              AND predicted_at >= hour.start AND predicted_at < hour.start + interval '1 hour'
            UNION ALL
            SELECT * FROM public.prediction_log
            WHERE event_time >= hour.start AND event_time < hour.start + interval '1 hour'
        ) AS log
        LEFT JOIN public.outcome_window AS declared
               ON declared.schema_version = log.schema_version
        CROSS JOIN own
        CROSS JOIN LATERAL (
            SELECT monitoring.due_at(log.outcome_due, coalesce(log.event_time, log.predicted_at),
                                     coalesce(own.outcome_due, declared.outcome_due)) AS at
        ) AS due
        WHERE log.model_version = {version} AND {chosen}
    )
    SELECT {time}, drawn.probability, (drawn.caller - 1)::float8,
           coalesce(seen.outcome::float8, 'NaN'), coalesce({observed}, 'NaN'),
           coalesce({due}, 'Infinity') {columns}
    FROM drawn CROSS JOIN LATERAL (
        -- For each row on its own, by the indexes: joined as a whole it would read all of the log.
        SELECT CASE WHEN known.settled THEN seen.reported_outcome END AS outcome,
               CASE WHEN known.settled THEN seen.observed_at END AS observed_at
        FROM monitoring.outcomes_seen({as_of}, 'infinity', 'infinity') AS seen
        CROSS JOIN LATERAL (
            SELECT seen.reported_state = 'final' AND seen.state <> 'contested' AS settled
        ) AS known
        WHERE seen.predicted_at = drawn.predicted_at AND seen.prediction_id = drawn.prediction_id
        OFFSET 0
    ) AS seen
    WHERE drawn.caller IS NOT NULL""")


class Sampling:
    """Reads samples of one version, in the transaction of its cursor."""

    def __init__(self, cursor: Any, version: str, features: Sequence[Feature]) -> None:
        self._cursor = cursor
        self._version = version
        self._features = features

    def read(
        self,
        draw: Draw,
        names: Sequence[str],
        as_of: int,
        due: tuple[int, int] | None = None,
    ) -> Rows:
        """The rows of a draw, by their time and then by what is in them.

        names: the callers in these hours. Of outcomes, what was observed before hour `as_of`,
        whenever it was received. due: only cases that fell due from an hour until before another.
        """
        if not draw.hours:
            return self._rows(np.empty((0, _COLUMNS + len(self._features))), names)
        blocks: list[NDArray[np.float64]] = []
        columns = _COLUMNS + len(self._features)
        statement = self._statement(draw, names, as_of, due)
        stream(self._cursor, statement, columns, blocks.append)
        found = np.concatenate(blocks) if blocks else np.empty((0, columns))
        return self._rows(found, names)

    def _statement(
        self, draw: Draw, names: Sequence[str], as_of: int, due: tuple[int, int] | None
    ) -> sql.Composable:
        places = [sql.Identifier(f"f{place}") for place in range(len(self._features))]
        chosen = [_below(draw.share)] if draw.share < 1 else []
        if due is not None:
            first, end = (sql.Literal(time_of(hour)) for hour in due)
            chosen.append(sql.SQL("due.at >= {} AND due.at < {}").format(first, end))
        return _STATEMENT.format(
            version=sql.Literal(self._version),
            names=sql.Literal(list(names)),
            hours=sql.Literal([time_of(hour) for hour in draw.hours]),
            features=_listed(
                sql.SQL("{} AS {}").format(as_number(feature), place)
                for feature, place in zip(self._features, places, strict=True)
            ),
            chosen=sql.SQL(" AND ").join(chosen or [sql.SQL("true")]),
            time=_hours(sql.SQL("drawn.business_time")),
            observed=_hours(sql.SQL("seen.observed_at")),
            due=_hours(sql.SQL("drawn.due")),
            as_of=sql.Literal(_just_before(as_of)),
            columns=_listed(places),
        )

    def _rows(self, found: NDArray[np.float64], names: Sequence[str]) -> Rows:
        # Whatever order the server has them in: sums of them are to be the same to the last bit.
        found = found[np.lexsort(found.T[::-1])]
        time, score, caller, outcome, observed, due = found[:, :_COLUMNS].T
        return Rows(
            *(found[:, _COLUMNS:], score, caller.astype(np.int64), time),
            *(outcome, observed, due, tuple(names)),
        )


def _below(share: float) -> sql.Composable:
    """Whether a row is in the share that is drawn."""
    bound = min(_LEAST + int(share * _VALUES), _LEAST + _VALUES - 1)
    return sql.SQL("{} < {}::bigint").format(_KEY, sql.Literal(bound))


def _listed(parts: Any) -> sql.Composable:
    return sql.SQL("").join(sql.SQL(", {}").format(part) for part in parts)


def _hours(column: sql.Composable) -> sql.Composable:
    """In SQL: the hours from 2000 to a time, as a double."""
    return sql.SQL("extract(epoch FROM {} - {})::float8 / 3600").format(column, sql.Literal(ORIGIN))


def _just_before(hour: int) -> datetime:
    """The last moment before an hour."""
    return time_of(hour) - timedelta(microseconds=1)
