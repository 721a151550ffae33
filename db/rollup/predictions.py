"""The predictions of some hours, counted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from psycopg2 import sql

from contract.cell_layout import Layout
from contract.cells import place
from contract.feature import Feature
from contract.profile import Profile
from contract.schema import DataSetSchema
from db.rollup import bins
from db.rollup.grouped import Counts, Members, by_bin, grid, total, units
from db.rollup.span import Span, hour_number, hour_of
from db.rollup.stream import Rows, stream

Key = tuple[Any, ...]
"""A Group, or what stands in place of one."""

LOG = sql.Identifier("public", "prediction_log")
# Of each row, before its features.
_COLUMNS = 8


class Group(NamedTuple):
    """What is counted together."""

    hour: datetime
    model_version: str
    caller: str
    route: str


@dataclass(slots=True)
class Counted:
    """The counts of a group; the columns of rollup_hour."""

    predictions: int
    positives: int
    probability_sum: int
    """In units of 1e-12."""
    past_the_spool: int
    lags: Counts
    durations: Counts
    cells: Counts | None

    def add(self, other: "Counted") -> "Counted":
        """Both together; cells are known only as far as they are known of each."""
        if self.cells is None or other.cells is None:
            cells = other.cells if self.cells is None else self.cells
        else:
            cells = self.cells + other.cells
        return Counted(
            self.predictions + other.predictions,
            self.positives + other.positives,
            self.probability_sum + other.probability_sum,
            self.past_the_spool + other.past_the_spool,
            self.lags + other.lags,
            self.durations + other.durations,
            cells,
        )


@dataclass(frozen=True, slots=True)
class Reference:
    """What a version was trained on, as far as it is known."""

    schema: DataSetSchema
    profile: Profile


# The day on which the outcome is due, numbered from 2000, and whether there is a report.
_DUE = sql.SQL(
    "coalesce((monitoring.due_at(log.outcome_due, coalesce(log.event_time, log.predicted_at),"
    " coalesce(own.outcome_due, declared.outcome_due)) AT TIME ZONE 'UTC')::date"
    " - '2000-01-01'::date, 'Infinity'::float8)"
)
_REPORTED = sql.SQL(
    "(EXISTS (SELECT FROM public.outcome_event AS event"
    " WHERE event.prediction_id = log.prediction_id)"
    " OR (log.client_reference IS NOT NULL AND EXISTS (SELECT FROM public.outcome_event AS event"
    " WHERE event.client_reference = log.client_reference)))::integer::float8"
)

Callers = list[tuple[str, str]]
"""Name of the key, empty where there was none, and route."""


def callers(cursor: Any, span: Span) -> dict[str, Callers]:
    """Who called in the span, for each version that scored in it."""
    cursor.execute(
        sql.SQL(
            "SELECT DISTINCT model_version, coalesce(api_key_name, ''), route FROM {} AS log"
            " ORDER BY 1, 2, 3"
        ).format(span.rows_of(LOG))
    )
    found: dict[str, Callers] = {}
    for version, caller, route in cursor.fetchall():
        found.setdefault(version, []).append((caller, route))
    return found


def joined(callers: Callers, caller: sql.Composable) -> sql.Composable:
    """A JOIN that gives each row of `log` its place among the callers, as `called.place`.

    caller: the column with the name of the key.
    """
    names = sql.SQL(", ").join(
        sql.SQL("({}, {}, {}::float8)").format(*map(sql.Literal, (name, route, float(place))))
        for place, (name, route) in enumerate(callers)
    )
    return sql.SQL(
        "JOIN (VALUES {names}) AS called (caller, route, place)"
        " ON called.caller = coalesce({caller}, '') AND called.route = log.route"
    ).format(names=names, caller=caller)


def count(
    cursor: Any,
    span: Span,
    version: str,
    callers: Callers,
    *,
    reference: Reference | None,
    also: Callable[[Rows], None],
) -> dict[Key, Counted]:
    """The counts of a version's predictions in the span.

    `also` gets each block of rows, (n, 8 or more): hour by number, place in `callers`, probability,
    flags, seconds of lag, milliseconds of duration, day by number on which the outcome is due
    (infinity: none), and whether there is a report.
    """
    tally = _Tally(version, callers, reference)

    def take(rows: Rows) -> None:
        tally.take(rows)
        also(rows)

    columns = _COLUMNS + (len(reference.schema.features) if reference else 0)
    stream(cursor, _query(span, tally, reference), columns, take)
    return tally.counted


def _query(span: Span, tally: "_Tally", reference: Reference | None) -> sql.Composable:
    """The rows as numbers: hour, caller with route, and what is counted of each."""
    values = [
        hour_number(sql.SQL("coalesce(log.event_time, log.predicted_at)")),
        sql.SQL("called.place"),
        sql.SQL("log.probability"),
        # Three small numbers in one column.
        sql.SQL("(log.prediction + 2 * (log.log_path = 'direct')::integer)::float8"),
        sql.SQL("extract(epoch FROM log.logged_at - log.predicted_at)::float8"),
        sql.SQL("log.duration_ms::float8"),
        _DUE,
        _REPORTED,
        *(map(as_number, reference.schema.features) if reference else ()),
    ]
    return sql.SQL(
        "SELECT {values} FROM {source} AS log"
        " {called}"
        " LEFT JOIN public.outcome_window AS declared"
        " ON declared.schema_version = log.schema_version"
        " CROSS JOIN (SELECT (SELECT outcome_due FROM monitoring.due_window"
        " WHERE model_version = {version}) AS outcome_due) AS own"
        " WHERE log.model_version = {version}"
    ).format(
        values=sql.SQL(", ").join(values),
        source=span.rows_of(LOG),
        called=joined(tally.callers, sql.Identifier("log", "api_key_name")),
        version=sql.Literal(tally.version),
    )


def as_number(feature: Feature) -> sql.Composable:
    """A feature as contract/cells.py takes it."""
    column: sql.Composable = sql.Identifier("log", feature.column)
    if feature.kind == "category":
        levels = sql.Literal(list(feature.levels))
        found = sql.SQL("coalesce(array_position({}::text[], {})::float8 - 1, 'Infinity')").format(
            levels, column
        )
        return sql.SQL("CASE WHEN {} IS NULL THEN 'NaN' ELSE {} END").format(column, found)
    cast = "::integer::float8" if feature.kind == "boolean" else "::float8"
    return sql.SQL(f"coalesce({{}}{cast}, 'NaN')").format(column)


class _Tally:
    """Adds blocks of rows up."""

    def __init__(self, version: str, callers: Callers, reference: Reference | None) -> None:
        self.version = version
        self.callers = callers
        self.counted: dict[Key, Counted] = {}
        self._reference = reference
        self._layout = Layout.of(reference.profile) if reference else None

    def take(self, rows: Rows) -> None:
        """A block of what `_query` selects, (n, 8 + features)."""
        keys = rows[:, 0] * len(self.callers) + rows[:, 1]
        found, member = np.unique(keys, return_inverse=True)
        counts = self._counts(rows, member, len(found))
        for at, key in enumerate(found.tolist()):
            hour, called = divmod(int(key), len(self.callers))
            group = Group(hour_of(hour), self.version, *self.callers[called])
            known = self.counted.get(group)
            self.counted[group] = known.add(counts[at]) if known else counts[at]

    def _counts(self, rows: Rows, member: Members, groups: int) -> list[Counted]:
        probability, flags = rows[:, 2], rows[:, 3].astype(np.int64)
        sums = total(member, groups, units(probability))
        predictions = np.bincount(member, minlength=groups)
        positives = np.bincount(member[flags % 2 == 1], minlength=groups)
        past = np.bincount(member[flags >= 2], minlength=groups)
        lags = by_bin(member, groups, rows[:, 4], bins.LAGS)
        durations = by_bin(member, groups, rows[:, 5], bins.DURATIONS)
        cells = self._cells(rows, member, groups)
        return [
            Counted(
                int(predictions[at]),
                int(positives[at]),
                int(sums[at]),
                int(past[at]),
                lags[at],
                durations[at],
                None if cells is None else cells[at],
            )
            for at in range(groups)
        ]

    def _cells(self, rows: Rows, member: Members, groups: int) -> Counts | None:
        if self._layout is None or self._reference is None:
            return None
        cells = np.zeros((groups, self._layout.size), dtype=np.int64)
        for number, (placed, profile) in enumerate(
            zip(self._layout.places, self._reference.profile.columns, strict=True)
        ):
            values = rows[:, _COLUMNS + number]
            cells[:, placed.start : placed.end] = grid(
                member, groups, place(profile, values), profile.cells
            )
            if profile.minimum is not None and profile.maximum is not None:
                below, above = values < profile.minimum, values > profile.maximum
                cells[:, placed.end] = np.bincount(member[below], minlength=groups)
                cells[:, placed.end + 1] = np.bincount(member[above], minlength=groups)
        score = self._reference.profile.score
        cells[:, self._layout.score_start :] = by_bin(member, groups, rows[:, 2], score.edges)
        return cells
