"""Counts of a made-up service: a declaration of every kind, its profile, and rows of roll-ups."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg2
from psycopg2.extras import execute_values

from contract.cell_layout import Layout
from contract.cells import place
from contract.feature import Feature
from contract.profile import CellCounts, ColumnProfile, Profile, ScoreProfile
from contract.schema import DataSetSchema, Target
from db.rollup import bins
from tests.conftest import Database

END = datetime(2026, 7, 2, tzinfo=UTC)
VERSION = "loans-1a2b3c"
CALLERS = ("branch", "mobile", "broker")
_ROWS = 4000


def _number(name: str, **more: Any) -> Feature:
    said: dict[str, Any] = {"kind": "float", "nullable": False, "description": name, "example": 1}
    return Feature(name=name, **said | more, minimum=0, maximum=1e6)


def declaration() -> DataSetSchema:
    """Ten features of every kind."""
    return DataSetSchema(
        key="loans",
        version=1,
        title="Loans of a bank",
        features=(
            _number("utilisation", unit="ratio"),
            _number("age", kind="integer", unit="years", missing_codes=(0,)),
            _number("times_late", kind="integer", missing_codes=(98,)),
            _number("MonthlyIncomeOfTheHousehold", unit="USD", nullable=True),
            _number("debt_ratio"),
            _number("open_lines", kind="integer"),
            _number("dependents", kind="integer", nullable=True),
            Feature(
                name="owner", kind="boolean", nullable=False, description="Owner", example=True
            ),
            Feature(
                name="purpose",
                kind="category",
                nullable=False,
                description="Purpose",
                example="car",
                levels=("car", "house", "study", "other"),
                unknown="missing",
            ),
            _number("months_known", kind="integer"),
        ),
        target=Target(name="default", description="Defaults"),
    )


def _training(rng: np.random.Generator) -> dict[str, Any]:
    income = rng.lognormal(8.5, 0.6, _ROWS)
    income[rng.random(_ROWS) < 0.2] = np.nan
    dependents = rng.poisson(0.8, _ROWS).astype(float)
    dependents[rng.random(_ROWS) < 0.03] = np.nan
    late = rng.poisson(0.2, _ROWS).astype(float)
    late[rng.random(_ROWS) < 0.002] = 98
    return {
        "utilisation": rng.beta(0.6, 1.5, _ROWS),
        "age": np.round(rng.normal(51, 14, _ROWS).clip(21, 99)),
        "times_late": late,
        "MonthlyIncomeOfTheHousehold": income,
        "debt_ratio": rng.gamma(2, 0.2, _ROWS),
        "open_lines": rng.poisson(8, _ROWS).astype(float),
        "dependents": dependents,
        "owner": (rng.random(_ROWS) < 0.6).astype(float),
        "purpose": rng.choice(4, _ROWS, p=[0.5, 0.3, 0.15, 0.05]).astype(float),
        "months_known": rng.integers(0, 400, _ROWS).astype(float),
    }


def profile() -> Profile:
    """The held-out part: 4,000 rows, 7 in 100 of them positive."""
    rng = np.random.default_rng(1)
    values = _training(rng)
    labels = rng.random(_ROWS) < 0.07
    scores = rng.beta(1, 13, _ROWS)
    edges = tuple(np.quantile(scores, np.arange(1, 20) / 20).tolist())
    return Profile(
        rows=_ROWS,
        positives=int(labels.sum()),
        columns=tuple(
            _column(feature, values[feature.name], labels) for feature in declaration().features
        ),
        score=ScoreProfile(
            edges=edges,
            counts=_counts(np.searchsorted(edges, scores, side="right"), labels, 20),
            scores=(0.0, 1.0),
            calibrated=(0.0, 1.0),
        ),
    )


def _column(feature: Feature, values: Any, labels: Any) -> ColumnProfile:
    nothing = CellCounts(negatives=(), positives=())
    made: dict[str, Any] = {"name": feature.name, "kind": feature.kind, "counts": nothing}
    if feature.kind == "category":
        made["levels"] = feature.levels
    elif feature.kind == "boolean":
        made["atoms"] = (0.0, 1.0)
    else:
        present = values[~np.isnan(values)]
        found, often = np.unique(present, return_counts=True)
        atoms = sorted({*map(float, feature.missing_codes), *found[often > 40].tolist()})[:50]
        rest = present[~np.isin(present, atoms)]
        if len(rest):
            edges = np.unique(np.quantile(rest, np.arange(1, 20) / 20, method="nearest"))
            made["edges"] = tuple(edges.tolist())
        made |= {
            "atoms": tuple(atoms),
            "minimum": float(present.min()),
            "maximum": float(present.max()),
        }
    empty = ColumnProfile(**made)
    counts = _counts(place(empty, values), labels, empty.cells)
    return empty.model_copy(update={"counts": counts})


def _counts(cells: Any, labels: Any, size: int) -> CellCounts:
    return CellCounts(
        negatives=tuple(np.bincount(cells[~labels], minlength=size).tolist()),
        positives=tuple(np.bincount(cells[labels], minlength=size).tolist()),
    )


@dataclass
class Teller:
    """Makes rows of counts as if the service had predicted."""

    rng: np.random.Generator
    profile: Profile

    @classmethod
    def of(cls, seed: int = 2) -> "Teller":
        return cls(np.random.default_rng(seed), profile())

    def cells(self, predictions: int, moved: str | None = None) -> list[int]:
        """As many as in training, but for the feature that moved: all of its rows one cell on."""
        layout, found = Layout.of(self.profile), []
        for at in layout.places:
            counts = np.array(at.column.counts.negatives) + np.array(at.column.counts.positives)
            drawn = self.rng.multinomial(predictions, counts / counts.sum())
            own = np.roll(drawn, 1) if at.column.name == moved else drawn
            found += [*own.tolist(), 0, 0]
        score = self.profile.score.counts
        counts = np.array(score.negatives) + np.array(score.positives)
        return [*found, *self.rng.multinomial(predictions, counts / counts.sum()).tolist()]

    def row(
        self, predictions: int, moved: str | None = None, *, cells: bool = True
    ) -> tuple[Any, ...]:
        """Everything of a row after its key."""
        lags = [0] * (len(bins.LAGS) + 1)
        lags[1], lags[2] = predictions - predictions // 20, predictions // 20
        durations = [0] * (len(bins.DURATIONS) + 1)
        durations[3] = predictions
        return (
            predictions,
            predictions // 10,
            round(0.07 * predictions, 6),
            0,
            lags,
            durations,
            self.cells(predictions, moved) if cells else None,
        )


_VALUES = "predictions, positives, probability_sum, past_the_spool, lags, durations, cells"


def insert(database: Database, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    connection = psycopg2.connect(database.url("postgres"))
    try:
        with connection, connection.cursor() as cursor:
            execute_values(cursor, statement, list(rows), page_size=500)
    finally:
        connection.close()


def add_hours(database: Database, rows: Iterable[tuple[Any, ...]]) -> None:
    """(hour, version, caller, route, *row); the day is their sum."""
    kept = list(rows)
    insert(
        database,
        f"INSERT INTO rollup_hour (hour, model_version, caller, route, part, {_VALUES}) VALUES %s",
        [(*row[:4], "live", *row[4:]) for row in kept],
    )


def add_days(database: Database, rows: Iterable[tuple[Any, ...]]) -> None:
    """(day, version, caller, route, *row)."""
    insert(
        database,
        f"INSERT INTO rollup_day (day, model_version, caller, route, {_VALUES}) VALUES %s",
        rows,
    )


def register(database: Database, version: str = VERSION, *, with_profile: bool = True) -> None:
    """The version, its bundle and its activation."""
    metadata = (
        '{"threshold": {"value": 0.15, "reason": "made up"}, "metrics": {"calibration":'
        ' [{"rows": 4000, "mean_score": 0.0712, "share_positive": 0.07}], "at_threshold":'
        ' {"true_positives": 150, "false_positives": 250, "false_negatives": 100,'
        ' "true_negatives": 3500}}}'
    )
    database.query(
        "INSERT INTO model_version (model_version, schema_version, data_source, data_is_sample,"
        " created_at, metadata) VALUES (%s, 'loans/1', 'a file', false, '2026-01-01Z', %s)",
        version,
        metadata,
    )
    database.query(
        "INSERT INTO reference_profile (model_version, declaration, profile) VALUES (%s, %s, %s)",
        version,
        declaration().to_json().decode(),
        profile().to_json().decode() if with_profile else None,
    )
    database.query(
        "INSERT INTO model_activation (activation_id, activated_at, process_id, instance,"
        " model_version, reason) VALUES (gen_random_uuid(), '2026-01-01Z',"
        " '00000000-0000-0000-0000-000000000001', 'host-a', %s, 'start')",
        version,
    )


def counted(database: Database, as_of: datetime = END, rolled_at: datetime | None = None) -> None:
    """A round ended; just now, unless told otherwise."""
    database.query(
        "UPDATE rollup_state SET as_of = %s, rolled_at = coalesce(%s, now())", as_of, rolled_at
    )


def tell(
    database: Database,
    days: int,
    *,
    end: datetime = END,
    callers: Sequence[str] = CALLERS,
    routes: Sequence[str] = ("/predict",),
    hours_of: int = 0,
    rate: int = 400,
    moved: str | None = "MonthlyIncomeOfTheHousehold",
) -> None:
    """Days of traffic before `end`, the last `hours_of` days by the hour as well."""
    teller = Teller.of()
    keys = [(VERSION, caller, route) for caller in callers for route in routes]
    add_days(database, _days(teller, days, end, keys, rate=rate, moved=moved))
    add_hours(database, _hours(teller, hours_of, end, keys, rate=rate, moved=moved))


_OUTCOME = (
    "predictions, unreported, interim, good, bad, retracted, unobservable, contested,"
    " probability_sum, good_sum, good_squares, bad_sum, bad_squares, good_scores, bad_scores,"
    " good_ages, bad_ages"
)


def add_outcomes(
    database: Database, days: int, *, end: datetime = END, callers: Sequence[str] = CALLERS
) -> None:
    """Outcomes of each day, due 30 days later: of those due 98 in 100 are known, 7 are bad."""
    rng = np.random.default_rng(3)
    rows = [
        (
            (day := end - timedelta(days=age)).date(),
            VERSION,
            caller,
            "/predict",
            (day + timedelta(days=30)).date(),
            *_outcome(rng, 200, min(1.0, age / 30)),
        )
        for age in range(days, 0, -1)
        for caller in callers
    ]
    insert(
        database,
        "INSERT INTO outcome_day (day, model_version, caller, route, due_on,"
        f" {_OUTCOME}) VALUES %s",
        rows,
    )


def _outcome(rng: np.random.Generator, many: int, known: float) -> tuple[Any, ...]:
    scores = rng.beta(1, 13, many)
    outcome = rng.random(many) < scores
    told = rng.random(many) < 0.98 * np.where(outcome, known, known**3)
    bad, good = scores[outcome & told], scores[~outcome & told]
    ages = [
        np.bincount(np.digitize(rng.uniform(2, 29, len(own)), bins.AGES), minlength=26).tolist()
        for own in (good, bad)
    ]
    binned = [
        np.bincount(np.searchsorted(bins.SCORES, own, side="right"), minlength=200).tolist()
        for own in (good, bad)
    ]
    unreported = many - len(good) - len(bad)
    sums = [float(round(value, 9)) for own in (good, bad) for value in (own.sum(), (own**2).sum())]
    total = float(round(scores.sum(), 9))
    return (many, unreported, 0, len(good), len(bad), 0, 0, 0, total, *sums, *binned, *ages)


def _days(
    teller: Teller, days: int, end: datetime, keys: Any, *, rate: int, moved: str | None
) -> Iterator[tuple[Any, ...]]:
    for at in range(days):
        day = end - timedelta(days=days - at)
        if at % 40 == 17:
            continue  # a day of maintenance: a gap
        for number, key in enumerate(keys):
            many = int(rate * (1 if day.weekday() < 5 else 0.6) / (1 + number)) + 20
            yield (day.date(), *key, *teller.row(many, moved if days - at < 20 else None))


def _hours(
    teller: Teller, days: int, end: datetime, keys: Any, *, rate: int, moved: str | None
) -> Iterator[tuple[Any, ...]]:
    for at in range(24 * days):
        hour = end - timedelta(hours=24 * days - at)
        for number, key in enumerate(keys):
            many = int(rate / 24 / (1 + number)) + 1
            yield (hour, *key, *teller.row(many, moved))
