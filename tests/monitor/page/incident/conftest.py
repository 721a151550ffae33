"""One service with incidents for the tests of a module: none of them changes it."""

import uuid
from collections.abc import Iterator

import httpx
import psycopg2
import pytest

from local.postgres import LocalPostgres
from tests.conftest import Database, clone
from tests.monitor.page import told
from tests.monitor.page.conftest import served


@pytest.fixture(scope="package")
def told_database(postgres: LocalPostgres, template: str) -> Iterator[Database]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    connection = psycopg2.connect(postgres.admin_url)
    connection.autocommit = True
    clone(connection, template, name)
    database = Database(name, postgres.port)
    told.tell(database)
    yield database
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    connection.close()


@pytest.fixture(scope="package")
def site(told_database: Database) -> Iterator[httpx.Client]:
    with served(told_database) as address, httpx.Client(base_url=address) as client:
        yield client
