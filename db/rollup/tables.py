"""The tables of counts: their rows as they are read and written."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar

import numpy as np
from psycopg2 import sql

from db.rollup.grouped import Counts
from db.rollup.outcomes import STATES, SUMS, OutcomeCounted, OutcomeGroup
from db.rollup.predictions import Counted, Group, Key

Part = Literal["live", "retired"]

_GROUP = ("model_version", "caller", "route")
_PREDICTIONS = (
    *("predictions", "positives", "probability_sum", "past_the_spool"),
    *("lags", "durations", "cells"),
)
_OUTCOMES = (
    *("predictions", *STATES),
    *SUMS,
    *("good_scores", "bad_scores", "good_ages", "bad_ages"),
)
# Decimal places of the units in which probabilities are summed up.
_PLACES = 12
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})

Count = TypeVar("Count", Counted, OutcomeCounted)


@dataclass(frozen=True, slots=True)
class Tallies:
    """Counts by group, of hours or of a day, which then stands in place of the hour."""

    predictions: Mapping[Key, Counted]
    outcomes: Mapping[Key, OutcomeCounted]


def hours(cursor: Any, wanted: Sequence[datetime], *parts: Part) -> Tallies:
    """What is kept for these hours, the parts added up; all parts where none is named."""
    condition = sql.SQL("hour = ANY({}::timestamptz[]) AND part = ANY({})").format(
        sql.Literal(list(wanted)), sql.Literal(list(parts or ("live", "retired")))
    )
    return _read(cursor, "hour", condition)


def day(cursor: Any, wanted: date) -> Tallies:
    """What is kept for a day."""
    return _read(cursor, "day", sql.SQL("day = {}").format(sql.Literal(wanted)))


def added_up(of: Tallies, wanted: date) -> Tallies:
    """The counts of a day's hours as those of the day."""
    return Tallies(_in_place(of.predictions, wanted), _in_place(of.outcomes, wanted))


def replace_hours(cursor: Any, wanted: Sequence[datetime], part: Part, tallies: Tallies) -> None:
    """Make these the rows of a part for these hours."""
    condition = sql.SQL("hour = ANY({}::timestamptz[]) AND part = {}").format(
        sql.Literal(list(wanted)), sql.Literal(part)
    )
    _replace(cursor, "hour", condition, tallies, (part,))


def replace_day(cursor: Any, wanted: date, tallies: Tallies) -> None:
    """Make these the rows of a day."""
    condition = sql.SQL("day = {}").format(sql.Literal(wanted))
    _replace(cursor, "day", condition, tallies, ())


def columns_of(counted: Counted | OutcomeCounted) -> dict[str, str]:
    """The columns of a row, as PostgreSQL reads them."""
    if isinstance(counted, Counted):
        names: tuple[str, ...] = _PREDICTIONS
        values: tuple[object, ...] = (
            *(counted.predictions, counted.positives, _decimal(counted.probability_sum)),
            *(counted.past_the_spool, counted.lags, counted.durations, counted.cells),
        )
    else:
        names = _OUTCOMES
        values = (
            *(counted.predictions, *counted.states.tolist(), *map(_decimal, counted.sums)),
            *(counted.good_scores, counted.bad_scores, counted.good_ages, counted.bad_ages),
        )
    return dict(zip(names, map(_field, values), strict=True))


def merge(tallies: Iterable[Tallies]) -> Tallies:
    """All of them added up."""
    predictions: dict[Key, Counted] = {}
    outcomes: dict[Key, OutcomeCounted] = {}
    for each in tallies:
        _add(predictions, each.predictions.items())
        _add(outcomes, each.outcomes.items())
    return Tallies(predictions, outcomes)


def _add(sums: dict[Key, Count], items: Iterable[tuple[Key, Count]]) -> None:
    for key, counted in items:
        known = sums.get(key)
        sums[key] = known.add(counted) if known else counted


def _in_place(counts: Mapping[Key, Count], wanted: date) -> dict[Key, Count]:
    sums: dict[Key, Count] = {}
    for (_, *rest), counted in counts.items():
        _add(sums, [((wanted, *rest), counted)])
    return sums


def _read(cursor: Any, unit: str, condition: sql.Composable) -> Tallies:
    predictions: dict[Key, Counted] = {}
    outcomes: dict[Key, OutcomeCounted] = {}
    for row in _select(cursor, f"rollup_{unit}", (unit, *_GROUP, *_PREDICTIONS), condition):
        _add(predictions, [(Group(*row[:4]), _counted(row[4:]))])
    for row in _select(cursor, f"outcome_{unit}", (unit, *_GROUP, "due_on", *_OUTCOMES), condition):
        # Behind the number of predictions, which is that of the states together.
        _add(outcomes, [(OutcomeGroup(*row[:5]), _outcome_counted(row[6:]))])
    return Tallies(predictions, outcomes)


def _counted(values: tuple[Any, ...]) -> Counted:
    predictions, positives, total, past, lags, durations, cells = values
    return Counted(
        *(predictions, positives, _units(total), past, _counts(lags), _counts(durations)),
        None if cells is None else _counts(cells),
    )


def _outcome_counted(values: tuple[Any, ...]) -> OutcomeCounted:
    states, sums, arrays = values[:7], values[7:12], values[12:]
    every, good, good_squares, bad, bad_squares = map(_units, sums)
    return OutcomeCounted(
        _counts(states), (every, good, good_squares, bad, bad_squares), *map(_counts, arrays)
    )


def _select(
    cursor: Any, table: str, columns: tuple[str, ...], condition: sql.Composable
) -> list[tuple[Any, ...]]:
    cursor.execute(
        sql.SQL("SELECT {} FROM {} WHERE {}").format(
            _names(columns), sql.Identifier("public", table), condition
        )
    )
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _replace(
    cursor: Any, unit: str, condition: sql.Composable, tallies: Tallies, part: tuple[Part, ...]
) -> None:
    last = ("part",) if part else ()
    for table, group, columns, counts in (
        ("rollup", _GROUP, _PREDICTIONS, tallies.predictions),
        ("outcome", (*_GROUP, "due_on"), _OUTCOMES, tallies.outcomes),
    ):
        name = sql.Identifier("public", f"{table}_{unit}")
        cursor.execute(sql.SQL("DELETE FROM {} WHERE {}").format(name, condition))
        lines = "".join(
            "\t".join([*map(_field, (*key, *part)), *columns_of(counted).values()]) + "\n"
            for key, counted in counts.items()
        )
        cursor.copy_expert(
            sql.SQL("COPY {} ({}) FROM STDIN").format(
                name, _names((unit, *group, *last, *columns))
            ),
            io.StringIO(lines),
        )


def _names(columns: tuple[str, ...]) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _field(value: object) -> str:
    match value:
        case None:
            return r"\N"
        case np.ndarray():
            return "{" + ",".join(map(str, value.tolist())) + "}"
        case str():
            return value.translate(_ESCAPES)
        case datetime():
            return value.isoformat()
        case date():
            return "infinity" if value == date.max else value.isoformat()
    return str(value)


def _decimal(units: int) -> Decimal:
    return Decimal(units).scaleb(-_PLACES)


def _units(number: Decimal) -> int:
    return int(number.scaleb(_PLACES))


def _counts(values: Sequence[int]) -> Counts:
    return np.array(values, dtype=np.int64)
