"""The counts as one would write them down row by row: what those of db/rollup/ are held against."""

from bisect import bisect_right
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from contract.feature import Feature
from contract.profile import ColumnProfile, Profile
from contract.schema import DataSetSchema
from db.rollup import bins
from tests.conftest import Database

Table = dict[tuple[Any, ...], dict[str, Any]]

_STATES = ("unreported", "interim", "good", "bad", "retracted", "unobservable", "contested")


def kept(database: Database, table: str) -> Table:
    """The rows of a table of counts, the parts added up."""
    found: Table = {}
    first = "hour" if table.endswith("hour") else "day"
    rows = database.query(f"SELECT to_jsonb(t) FROM {table} AS t")
    for (row,) in rows:
        row.pop("part", None)
        names = [first, "model_version", "caller", "route"]
        names += ["due_on"] if table.startswith("outcome") else []
        key = tuple(row.pop(name) for name in names)
        numbers = {name: _exact(value) for name, value in row.items()}
        found[key] = _sum(found[key], numbers) if key in found else numbers
    return found


def predictions(
    database: Database, references: dict[str, tuple[DataSetSchema, Profile]], unit: str
) -> Table:
    """What rollup_hour, or rollup_day, should hold of the rows that are in the log."""
    found: Table = {}
    for (row,) in database.query("SELECT to_jsonb(log) FROM prediction_log AS log"):
        key = _key(row, row["event_time"] or row["predicted_at"], row["api_key_name"], unit)
        lag = (_time(row["logged_at"]) - _time(row["predicted_at"])).total_seconds()
        reference = references.get(row["model_version"])
        one = {
            "predictions": 1,
            "positives": row["prediction"],
            "probability_sum": _rounded(row["probability"]),
            "past_the_spool": int(row["log_path"] == "direct"),
            "lags": _one(bins.LAGS, lag),
            "durations": _one(bins.DURATIONS, row["duration_ms"]),
            "cells": _cells(row, *reference) if reference else None,
        }
        found[key] = _sum(found[key], one) if key in found else one
    return found


def outcomes(database: Database, unit: str) -> Table:
    """What outcome_hour, or outcome_day, should hold of them."""
    found: Table = {}
    rows = database.query(
        "SELECT to_jsonb(seen), log.api_key_name, log.route"
        " FROM monitoring.outcomes_as_of('infinity', 'infinity') AS seen"
        " JOIN prediction_log AS log USING (predicted_at, prediction_id)"
    )
    for row, caller, route in rows:
        due = row["outcome_due"]
        due_on = "infinity" if due is None else _time(due).astimezone(UTC).date().isoformat()
        key = (*_key({**row, "route": route}, row["business_time"], caller, unit), due_on)
        state = _state(row)
        value = _rounded(row["probability"])
        square = _rounded(row["probability"] * row["probability"])
        age = 0.0
        if row["observed_at"]:
            seconds = (_time(row["observed_at"]) - _time(row["business_time"])).total_seconds()
            age = seconds / 86_400
        one: dict[str, Any] = {name: int(name == state) for name in _STATES}
        one |= {"predictions": 1, "probability_sum": value}
        for name in ("good", "bad"):
            is_it = int(state == name)
            one |= {
                f"{name}_sum": value * is_it,
                f"{name}_squares": square * is_it,
                f"{name}_scores": _one(bins.SCORES, row["probability"], is_it),
                f"{name}_ages": _one(bins.AGES, age, is_it),
            }
        found[key] = _sum(found[key], one) if key in found else one
    return found


def _state(row: dict[str, Any]) -> str:
    if row["state"] == "contested":
        return "contested"
    if row["reported_state"] is None:
        return "unreported"
    if row["reported_state"] == "final":
        return ("good", "bad")[row["reported_outcome"]]
    return str(row["reported_state"])


def _cells(row: dict[str, Any], schema: DataSetSchema, profile: Profile) -> list[int]:
    cells: list[int] = []
    for feature, column in zip(schema.features, profile.columns, strict=True):
        value = row[feature.column]
        own = [0] * (column.cells + 2)
        own[_cell(feature, column, value)] = 1
        if value is not None and column.minimum is not None and column.maximum is not None:
            own[-2:] = [int(value < column.minimum), int(value > column.maximum)]
        cells += own
    return cells + _one(profile.score.edges, row["probability"])


def _cell(feature: Feature, column: ColumnProfile, value: Any) -> int:
    if value is None:
        return 0
    if feature.kind == "category":
        known = value in column.levels
        return 1 + (column.levels.index(value) if known else len(column.levels))
    if float(value) in column.atoms:
        return 1 + column.atoms.index(float(value))
    return 1 + len(column.atoms) + bisect_right(column.edges, value)


def _key(row: dict[str, Any], business: str, caller: str | None, unit: str) -> tuple[Any, ...]:
    moment = _time(business).astimezone(UTC)
    first = (
        moment.replace(minute=0, second=0, microsecond=0).isoformat()
        if unit == "hour"
        else date(moment.year, moment.month, moment.day).isoformat()
    )
    return (first, row["model_version"], caller or "", row["route"])


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _one(edges: tuple[float, ...], value: float, number: int = 1) -> list[int]:
    found = [0] * (len(edges) + 1)
    found[bisect_right(edges, value)] = number
    return found


def _rounded(value: float) -> Decimal:
    return Decimal(round(value * 1e12)).scaleb(-12)


def _exact(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, float) else value


def _sum(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    return {name: _plus(first[name], second[name]) for name in second}


def _plus(first: Any, second: Any) -> Any:
    if first is None or second is None:
        return second if first is None else first
    if isinstance(first, list):
        return [one + other for one, other in zip(first, second, strict=True)]
    return first + second


def same(found: Table, expected: Table) -> None:
    """Assert that they are equal, and show one row where they are not."""
    assert sorted(found) == sorted(expected)
    for key, row in found.items():
        assert {name: _number(value) for name, value in row.items()} == {
            name: _number(expected[key][name]) for name in row
        }, key


def _number(value: Any) -> Any:
    return Decimal(value) if isinstance(value, int | Decimal) else value
