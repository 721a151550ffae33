"""A database, models of the sample, and the monitor's settings for them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.signature import SigningKeys
from monitor.database import Database as Connections
from monitor.references import References
from tests.conftest import Database

CHECKOUT = Path(__file__).parents[2]


class Monitor:
    """The monitor on a database of a test's own."""

    def __init__(self, database: Database, models: Path) -> None:
        self.database = database
        self.models = models
        self.connections = Connections(database.url("monitor"), lambda: None)

    def references(self, *keys: str) -> References:
        return References(self.models, SigningKeys(keys))

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """A command of `python -m monitor`."""
        return subprocess.run(
            [sys.executable, "-m", "monitor", *arguments],
            cwd=CHECKOUT,
            env=self.environment(**settings),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def environment(self, **settings: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        own = {"DATABASE_URL": self.database.url("monitor"), "MODELS_DIR": str(self.models)}
        return kept | own | settings

    def register(self, version: str) -> None:
        """Say of a version what the api says when it serves it."""
        self.database.query(
            "INSERT INTO model_version VALUES (%s, 'gmsc/1', 'sample', true, now(), now(), '{}')",
            version,
        )

    def query(self, statement: str, *values: Any) -> list[Any]:
        return self.database.query(statement, *values)


@pytest.fixture
def monitor(database: Database, sample_models: Path) -> Iterator[Monitor]:
    found = Monitor(database, sample_models)
    yield found
    found.connections.close()
