"""A stream that is replayed again gives the same counts and incidents, byte for byte."""

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from local.postgres import LocalPostgres
from tests.api.service import Service
from tests.conftest import Database, clone
from tests.gmsc import SCHEMA
from tests.replay import made
from tests.replay.conftest import Rig
from trainer.sample import make_sample

_DAYS = 2
_HOURLY = 12
_FAULT_HOUR = 26

Make = Callable[..., Rig]


def stream(path: Path) -> Path:
    """Rows of the sample, of which the income is sent by the year from an hour on."""
    features = make_sample(SCHEMA).features
    income = SCHEMA.names.index("MonthlyIncome")
    content = []
    for number in range(_DAYS * 24 * _HOURLY):
        hour, values = number / _HOURLY, features[number].copy()
        values[income] *= 12 if hour >= _FAULT_HOUR else 1
        cells = ("" if math.isnan(value) else f"{value:.17g}" for value in values.tolist())
        event = made.START + timedelta(hours=hour)
        content.append(
            {
                "event_time": made.text(event),
                "reference": f"case-{number}",
                **dict(zip(SCHEMA.names, cells, strict=True)),
                "outcome": str(number % 2),
                "outcome_time": made.text(event + timedelta(hours=number % 20)),
            }
        )
    return made.write(path, content)


@pytest.fixture
def make(
    tmp_path: Path,
    replay_service: Service,
    sample_models: Path,
    postgres: LocalPostgres,
    template: str,
) -> Iterator[Make]:
    """Makes services, each with a fresh database."""
    with ExitStack() as stack:

        def made_rig(name: str, **settings: str) -> Rig:
            connection = psycopg2.connect(postgres.admin_url)
            connection.autocommit = True
            clone(connection, template, name)
            connection.close()
            database = Database(name, postgres.port)
            own = {"DATABASE_URL": database.url("api"), "SPOOL_DIR": str(tmp_path / name)}
            environment = replay_service.environment | own | settings
            service = stack.enter_context(Service(tmp_path, environment))
            return Rig(tmp_path, service, database, str(sample_models))

        yield made_rig


def found(rig: Rig) -> dict[str, list[Any]]:
    """What the monitor made of the stream, but for the times of this machine."""
    statements = {
        "incidents": "SELECT incident_id, model_version, number, opened_at FROM incident",
        "records": "SELECT record_id, incident_id, at, kind, content::text FROM incident_record",
        "state": "SELECT looked_until, state::text, as_of FROM watch_state",
        "predictions": "SELECT hour, caller, predictions, positives, probability_sum, cells"
        " FROM rollup_hour",
        "outcomes": "SELECT * FROM outcome_hour",
    }
    return {name: sorted(rig.query(text), key=repr) for name, text in statements.items()}


def test_stopped_cut_otherwise_and_gone_on_with_it_finds_the_same(
    make: Make, tmp_path: Path
) -> None:
    first, second = make("same_first"), make("same_second", MAX_BATCH_ROWS="7")
    file = stream(tmp_path / "stream.csv.gz")
    how = ("--round", "day", "--outcome-due", "P1D")

    whole = first.run(file, *how)
    again = ("--state", tmp_path / "again")
    half = second.run(file, *how, *again, "--until", "2026-01-06")
    rest = second.run(file, *how, *again, "--resume", "--settle", "0.3")

    assert (whole[0], half[0], rest[0]) == (0, 0, 0), (whole, half, rest)
    found_first, found_second = found(first), found(second)
    assert found_first == found_second
    kinds = [record[3] for record in found_first["records"]]
    assert "opened" in kinds, "there is something to find"
    assert "diagnosed" in kinds
