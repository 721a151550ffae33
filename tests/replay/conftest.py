"""An api with small batches, replays as processes, and what came of them."""

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from db.migrate import migrate
from local.postgres import LocalPostgres
from tests.api.service import ROOT, Service
from tests.conftest import Database, migrate_settings
from tests.replay import made

BATCH_ROWS = 20
_NAMES = map("s{}".format, itertools.count())


class Rig:
    """A service, and a stream of a test's own, by whose references its rows are found."""

    def __init__(self, directory: Path, service: Service, database: Database, models: str) -> None:
        self.directory = directory
        self.service = service
        self.name = next(_NAMES)
        self._database = database
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.environment = kept | {
            "DATABASE_URL": database.url("monitor"),
            "MODELS_DIR": models,
            "PYTHONWARNINGS": "error",
        }

    def rows(self, count: int, **how: Any) -> list[made.Row]:
        """Rows of a stream with references of this test's own."""
        return [
            row | {"reference": f"{self.name}-{row['reference']}"}
            for row in made.rows(count, **how)
        ]

    def stream(self, content: Sequence[made.Row], name: str = "stream.csv") -> Path:
        """The file with these rows."""
        return made.write(self.directory / name, content)

    def start(self, *arguments: str | Path, **settings: str) -> subprocess.Popen[str]:
        """Begin `replay run` with these arguments; without rounds, if they do not say it."""
        return subprocess.Popen(
            [sys.executable, "-m", "replay", "run", "--round", "none", *map(str, arguments)],
            cwd=ROOT,
            env=self.environment | {"API_URL": self.service.url} | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str | Path, **settings: str) -> tuple[int, str]:
        """Exit code, and what it said."""
        process = self.start(*arguments, **settings)
        output, said = process.communicate(timeout=120)
        assert output == ""
        return process.returncode, said

    def logged(self, columns: str = "client_reference") -> list[Any]:
        """Columns of the test's rows in the log, in the order of business time."""
        return self._of_test(f"SELECT {columns} FROM prediction_log", "ORDER BY event_time")

    def reported(self, columns: str = "client_reference") -> list[Any]:
        """Columns of the reports about the test's rows."""
        return self._of_test(f"SELECT {columns} FROM outcome_event", "ORDER BY observed_at")

    def url(self, role: str) -> str:
        return self._database.url(role)

    def query(self, statement: str, *values: Any) -> list[Any]:
        return self._database.query(statement, *values)

    def _of_test(self, select: str, order: str) -> list[Any]:
        return self.query(f"{select} WHERE client_reference LIKE %s {order}", f"{self.name}-%")


def references(content: Sequence[made.Row]) -> list[tuple[str]]:
    """As `Rig.logged` finds them where each was logged once."""
    return [(row["reference"],) for row in content]


@pytest.fixture(scope="session")
def replay_database(postgres: LocalPostgres) -> Database:
    """A migrated database that the tests of this directory share."""
    list(migrate(migrate_settings(postgres.admin_url, "replay_tests")))
    return Database("replay_tests", postgres.port)


@pytest.fixture(scope="session")
def replay_service(
    sample_models: Path, replay_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    settings = {
        "MODELS_DIR": str(sample_models),
        "DATABASE_URL": replay_database.url("api"),
        "MAX_BATCH_ROWS": str(BATCH_ROWS),
    }
    with Service(tmp_path_factory.mktemp("replay-service"), settings) as running:
        yield running


@pytest.fixture
def rig(
    tmp_path: Path, replay_service: Service, replay_database: Database, sample_models: Path
) -> Rig:
    return Rig(tmp_path, replay_service, replay_database, str(sample_models))
