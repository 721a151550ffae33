"""A tiny model for the whole session, and a bundle of it that each test may damage."""

from pathlib import Path

import pytest

from contract.scoring import Scorer
from tests.bundles import Fitted, fit, publish


@pytest.fixture(scope="session")
def fitted() -> Fitted:
    return fit()


@pytest.fixture(scope="session")
def scorer(fitted: Fitted) -> Scorer:
    return fitted.scorer


@pytest.fixture
def bundle_dir(fitted: Fitted, tmp_path: Path) -> Path:
    return publish(tmp_path / "models", fitted)
