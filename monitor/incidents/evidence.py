"""What a diagnosis asks of the log, answered by Postgres: `diagnosis.evidence.Evidence`."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from contract.scoring import Scorer
from diagnosis.evidence import Event
from diagnosis.reference import Reference
from diagnosis.rows import Rows
from monitor.incidents import known_events
from monitor.incidents.drawing import Filled, draw
from monitor.incidents.hours import hour_at, time_of
from monitor.incidents.sampling import Sampling

_FILLED = """
    SELECT hour, sum(predictions)::bigint, sum(predictions)::bigint FROM rollup_hour
    WHERE hour >= %s AND hour < %s AND model_version = %s AND part = 'live'
    GROUP BY hour"""
# A day's cases that are due stand in a few days' hours: the days are found by the smaller table.
_DUE = """
    WITH days AS MATERIALIZED (
        SELECT DISTINCT day FROM outcome_day
        WHERE model_version = %(version)s AND due_on >= %(first)s AND due_on <= %(last)s
    )
    SELECT hour, sum(predictions)::bigint,
           coalesce(sum(predictions) FILTER (
               WHERE due_on >= %(first)s AND due_on <= %(last)s), 0)::bigint
    FROM days JOIN outcome_hour ON hour >= (day::timestamp AT TIME ZONE 'UTC')
                               AND hour < ((day + 1)::timestamp AT TIME ZONE 'UTC')
    WHERE model_version = %(version)s AND part = 'live'
    GROUP BY hour"""
_NAMES = """
    SELECT DISTINCT caller FROM rollup_hour
    WHERE hour = ANY (%s) AND model_version = %s AND part = 'live'"""


class LogEvidence:
    """Evidence of a version, read in the transaction of a cursor.

    scorer: gives what scores as the version does, None where its bundle is not at hand.
    Everything goes by business time: a report counts from when it was observed, whenever it came.
    """

    def __init__(
        self, cursor: Any, reference: Reference, scorer: Callable[[], Scorer | None]
    ) -> None:
        self._cursor = cursor
        self._reference = reference
        self._scorer = scorer
        self._sampling = Sampling(cursor, reference.version, reference.features)

    def rows(self, first: int, end: int, as_of: int, most: int) -> Rows:
        """Of the cases from hour `first` until before `end`."""
        values = (time_of(first), time_of(end), self._reference.version)
        return self._sample(self._filled(_FILLED, values), as_of, most, None)

    def due(self, first: int, end: int, most: int) -> Rows:
        """Of the cases whose outcome fell due from `first` until before `end`, as of `end`."""
        values = {
            "version": self._reference.version,
            "first": time_of(first).date(),
            "last": time_of(end - 1).date(),
        }
        return self._sample(self._filled(_DUE, values), end, most, (first, end))

    def rescored(self, first: int, end: int, most: int) -> tuple[int, int]:
        """How many scores of a sample the bundle does not give again, to the bit."""
        scorer = self._scorer()
        if scorer is None:
            return 0, 0
        rows = self.rows(first, end, end, most)
        if not len(rows):
            return 0, 0
        # A text that no level names is missing to the model.
        known = np.where(np.isinf(rows.values), np.nan, rows.values)
        again = scorer.score(known)
        return int((again != rows.scores).sum()), len(rows)

    def events(self, first: int, end: int) -> tuple[Event, ...]:
        """Activations, notes, and callers that came or went."""
        return known_events.read(self._cursor, self._reference.version, first, end)

    def _filled(self, statement: str, values: Any) -> list[Filled]:
        self._cursor.execute(statement, values)
        return [Filled(hour_at(hour), rows, wanted) for hour, rows, wanted in self._cursor]

    def _sample(
        self, filled: Sequence[Filled], as_of: int, most: int, due: tuple[int, int] | None
    ) -> Rows:
        drawn = draw(filled, most)
        hours = [time_of(hour) for hour in drawn.hours]
        self._cursor.execute(_NAMES, (hours, self._reference.version))
        names = sorted(caller for (caller,) in self._cursor)
        return self._sampling.read(drawn, names, as_of, due)
