"""A log of the sample's model: held-out rows, some with a fault, and their outcomes."""

import io
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import psycopg2
from numpy.typing import NDArray

from contract import bundle, held_out
from contract.signature import SigningKeys
from contract.store import ModelStore
from monitor.incidents.hours import hour_at
from tests.conftest import Database

START = datetime(2026, 3, 2, tzinfo=UTC)
FIRST = hour_at(START)
DUE = timedelta(days=10)
INCOME = "MonthlyIncome"
_KEYS = SigningKeys(())


@dataclass(frozen=True, eq=False)
class Traffic:
    """n rows: hours since START, values of the features, whether the event happened, the caller."""

    hours: NDArray[np.float64]
    values: NDArray[np.float64]
    labels: NDArray[np.int8]
    callers: NDArray[np.str_]
    references: NDArray[np.str_]

    def of(self, chosen: NDArray[np.bool_]) -> "Traffic":
        """Some of the rows."""
        return Traffic(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def times_column(
        self, models: Path, name: str, factor: float, chosen: NDArray[np.bool_]
    ) -> "Traffic":
        """The same with a column of some rows in another unit."""
        place = [each.name for each in loaded(models).schema.features].index(name)
        values = self.values.copy()
        values[chosen, place] *= factor
        return replace(self, values=values)


@cache
def loaded(models: Path) -> bundle.Bundle:
    """The bundle of the sample."""
    return bundle.load(models / version_of(models), _KEYS)


def version_of(models: Path) -> str:
    version = ModelStore(models).active()
    assert version is not None
    return version


def traffic(models: Path, hours: int, an_hour: int, seed: int = 1) -> Traffic:
    """So many rows in each hour, drawn from the held-out ones."""
    rows = held_out.read(models / version_of(models), _KEYS)
    assert rows is not None
    made, n = np.random.default_rng(seed), hours * an_hour
    which = made.integers(0, len(rows), n)
    minutes = made.integers(0, 60, n)
    return Traffic(
        np.repeat(np.arange(hours), an_hour) + minutes / 60,
        rows.values[which],
        rows.labels[which],
        np.array(["branch", "mobile", "web"])[made.integers(0, 3, n)],
        np.array([f"case-{number}" for number in range(n)]),
    )


def write(
    database: Database,
    models: Path,
    sent: Traffic,
    *,
    version: str | None = None,
    as_events: bool = True,
    **columns: str,
) -> None:
    """Log them with the bundle's scores, as a replay does, or as they came (`as_events` False).

    columns: the same text in every row. Ids and times of the system are others each time.
    """
    served = loaded(models)
    scores = served.scorer.score(sent.values)
    times = [START + timedelta(hours=hour) for hour in sent.hours.tolist()]
    fed = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(hours=random.random() * 100)
    kinds = [feature.kind for feature in served.schema.features]
    fixed = {"request_id": "r", "schema_version": served.schema.id, "threshold": "0.5"}
    fixed |= {"duration_ms": "1", "prediction": "0", "model_version": version or served.version}
    fixed |= columns
    lines = []
    for number, (time, row) in enumerate(zip(times, sent.values.tolist(), strict=True)):
        at = fed + timedelta(milliseconds=number) if as_events else time
        own = {
            "prediction_id": _uuid7(at),
            "predicted_at": at.isoformat(),
            "event_time": time.isoformat() if as_events else r"\N",
            "client_reference": sent.references[number] if as_events else r"\N",
            "api_key_name": sent.callers[number],
            "probability": repr(float(scores[number])),
        }
        values = map(_field, row, kinds)
        lines.append("\t".join([*own.values(), *fixed.values(), *values]) + "\n")
    names = [*own, *fixed, *(feature.column for feature in served.schema.features)]
    _copy(database, "prediction_log", names, lines, {fed if as_events else each for each in times})


def register(
    database: Database, models: Path, version: str | None = None, due: timedelta = DUE
) -> str:
    """Say of a version what the api and the monitor say of it: with a profile."""
    found = loaded(models)
    name = version or found.version
    said = {"threshold": {"value": 0.5}, "declaration": {"outcome_due": f"P{due.days}D"}}
    database.query(
        "INSERT INTO model_version VALUES (%s, %s, 'sample', true, now(), now(), %s)",
        *(name, found.schema.id, json.dumps(said)),
    )
    database.query(
        "INSERT INTO reference_profile (model_version, declaration, profile) VALUES (%s, %s, %s)",
        *(name, found.schema.to_json().decode(), found.extras["profile.json"].decode()),
    )
    return name


def report(
    database: Database,
    sent: Traffic,
    after: timedelta = timedelta(days=3),
    *,
    key: str = "k",
    state: str = "final",
    flip: bool = False,
) -> None:
    """Report the outcome of each row, so long after its time."""
    lines = []
    for hour, label, reference in zip(
        sent.hours.tolist(), sent.labels.tolist(), sent.references.tolist(), strict=True
    ):
        observed = (START + timedelta(hours=hour) + after).isoformat()
        outcome = str(1 - label if flip else label) if state in {"final", "interim"} else r"\N"
        lines.append("\t".join([reference, "s", key, state, outcome, "0", observed, "now"]) + "\n")
    names = ["client_reference", "source", "event_key", "state", "outcome", "revision"]
    _copy(database, "outcome_event", [*names, "observed_at", "received_at"], lines, ())


def moment(days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
    """So long after START."""
    return START + timedelta(days=days, hours=hours, minutes=minutes)


def _copy(
    database: Database,
    table: str,
    names: Sequence[str],
    lines: Iterable[str],
    months: Iterable[datetime],
) -> None:
    connection = psycopg2.connect(database.url("postgres"))
    try:
        with connection, connection.cursor() as cursor:
            for month in {time.replace(day=1, hour=0) for time in months}:
                cursor.execute("SELECT ensure_prediction_log_partition(%s)", (month,))
            cursor.copy_expert(
                f"COPY {table} ({', '.join(names)}) FROM STDIN", io.StringIO("".join(lines))
            )
    finally:
        connection.close()


def _field(value: float, kind: str) -> Any:
    if np.isnan(value):
        return r"\N"
    return repr(value) if kind == "float" else str(int(value))


def _uuid7(at: datetime) -> str:
    milliseconds = int(at.timestamp() * 1000)
    bits = (milliseconds << 80) | (7 << 76) | (random.getrandbits(12) << 64) | (2 << 62)
    text = f"{bits | random.getrandbits(62):032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
