"""One service with a model and a database for all tests that only ask it things."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from db.migrate import migrate
from local.postgres import LocalPostgres
from tests import plain
from tests.api.bundle import publish
from tests.api.declared_table import (
    table_client,
    table_database,
    table_file,
    table_schema,
    table_scorer,
    table_settings,
)
from tests.api.service import Service
from tests.conftest import Database, migrate_settings

__all__ = [
    "table_client",
    "table_database",
    "table_file",
    "table_schema",
    "table_scorer",
    "table_settings",
]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models")
    publish(path)
    return path


@pytest.fixture(scope="session")
def log_database(postgres: LocalPostgres) -> Database:
    """A migrated database that the tests of this directory share."""
    list(migrate(migrate_settings(postgres.admin_url, "api_tests")))
    return Database("api_tests", postgres.port)


@pytest.fixture
def settings(models: Path, log_database: Database) -> dict[str, str]:
    """What a service of a test's own needs; a test may add to it."""
    return {"MODELS_DIR": str(models), "DATABASE_URL": log_database.url("api")}


@pytest.fixture(scope="session")
def service(
    models: Path, log_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    settings = {"MODELS_DIR": str(models), "DATABASE_URL": log_database.url("api")}
    with Service(tmp_path_factory.mktemp("service"), settings) as running:
        yield running


@pytest.fixture(scope="session")
def client(service: Service) -> Iterator[httpx.Client]:
    with plain.Client(base_url=service.url, timeout=20) as client:
        yield client
