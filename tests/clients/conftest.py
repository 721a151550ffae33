"""The service of tests/api, and clients that others wrote."""

import pytest

from tests.api.conftest import client, log_database, models, service
from tests.api.declared_table import (
    table_client,
    table_database,
    table_file,
    table_schema,
    table_scorer,
    table_settings,
)
from tests.clients.environment import Client
from tests.clients.node import NodeClient

__all__ = [
    "client",
    "log_database",
    "models",
    "service",
    "table_client",
    "table_database",
    "table_file",
    "table_schema",
    "table_scorer",
    "table_settings",
]


@pytest.fixture(scope="session")
def tritonclient() -> Client:
    return _installed("tritonclient")


@pytest.fixture(scope="session")
def kserve() -> Client:
    return _installed("kserve")


@pytest.fixture(scope="session")
def mlserver() -> Client:
    return _installed("mlserver")


@pytest.fixture(scope="session")
def openapi_python_client() -> Client:
    return _installed("openapi-python-client")


@pytest.fixture(scope="session")
def openapi_ts() -> NodeClient:
    found = NodeClient("openapi-ts")
    found.install()
    return found


def _installed(name: str) -> Client:
    found = Client(name)
    found.install()
    return found
