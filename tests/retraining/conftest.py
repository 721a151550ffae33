"""What the tests of decisions have in common."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Database
from tests.retraining.scenes import Scenes


@pytest.fixture
def scenes(database: Database, sample_models: Path, tmp_path: Path) -> Iterator[Scenes]:
    found = Scenes(database, sample_models, tmp_path)
    yield found
    found.connections.close()
