"""A real PostgreSQL: started once, migrated once as a template, cloned for each test."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from hypothesis import HealthCheck, settings
from psycopg2 import sql

from db.migrate import migrate
from db.settings import MigrateSettings
from local.postgres import LocalPostgres
from tests import ports
from tests.alone import place
from tests.faults.table import table
from tests.memory import server_directory
from tests.once import shared
from tests.shares import Shares, in_order

PASSWORD = "test"
free_port = ports.free_port
_TEMPLATE = "template_mlops"


def pytest_configure() -> None:
    """A run that is asked to stop ends as by Ctrl-C: what fixtures started is stopped by them."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # In the background of a script it begins ignored, and what the tests interrupt inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # How long an example takes says more of the machine's other work than of ours.
    settings.register_profile(
        "shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("shared machine")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """More than there are cores: what waits for a fault to end, or for an engine, needs none."""
    return 3 * (os.cpu_count() or 1) // 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Shares:
    return Shares(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        in_order(items)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Before a test's time begins, wait until it may run beside what the other workers run."""
    if not hasattr(item.config, "workerinput"):
        return (yield)
    folder = Path(item.config.option.basetemp).parent
    with place(folder, alone=item.get_closest_marker("alone") is not None):
        return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    # Here and not beside the faults: what hands the tests out to workers collects none itself.
    if faults := table(chain.from_iterable(terminalreporter.stats.values())):
        terminalreporter.section("faults")
        terminalreporter.write_line(faults)


@dataclass(frozen=True)
class Database:
    """A migrated database of a test's own."""

    name: str
    port: int

    def url(self, role: str) -> str:
        return f"postgresql://{role}:{PASSWORD}@127.0.0.1:{self.port}/{self.name}"

    @property
    def settings(self) -> MigrateSettings:
        return migrate_settings(self.url("postgres"), self.name)

    def query(self, statement: str, *values: object, role: str = "postgres") -> list[Any]:
        """Rows of one statement, committed."""
        connection = psycopg2.connect(self.url(role))
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


def migrate_settings(admin_url: str, name: str, **more: Any) -> MigrateSettings:
    return MigrateSettings(
        **{
            "database_admin_url": admin_url,
            "database_name": name,
            "mlops_owner_password": PASSWORD,
            "api_db_password": PASSWORD,
            "analyst_db_password": PASSWORD,
            "monitor_db_password": PASSWORD,
            "retraining_db_password": PASSWORD,
            **more,
        }
    )


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A directory that an unprivileged user can reach, unlike pytest's own as root."""
    path = Path(tempfile.mkdtemp(prefix="mlops-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def sample_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a model of the built-in sample, trained once, to be copied."""
    return shared(tmp_path_factory, "sample", _train_on_the_sample) / "models"


def _train_on_the_sample(path: Path) -> None:
    settings = {"MODELS_DIR": str(path / "models"), "DATA_DIR": str(path)}
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    subprocess.run(
        [sys.executable, "-m", "trainer", "train"],
        cwd=Path(__file__).parents[1],
        env=kept | settings,
        capture_output=True,
        check=True,
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[LocalPostgres]:
    with server_directory() as path:
        server = LocalPostgres(path / "server", port=free_port(), password=PASSWORD, durable=False)
        server.start("max_connections=100", "max_wal_size=128MB")
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def template(postgres: LocalPostgres) -> str:
    list(migrate(migrate_settings(postgres.admin_url, _TEMPLATE)))
    return _TEMPLATE


def clone(connection: Any, template: str, name: str) -> None:
    """A database like the migrated one, with what is granted on a database itself."""
    names = {"database": sql.Identifier(name), "template": sql.Identifier(template)}
    with connection.cursor() as cursor:
        for statement in (
            "CREATE DATABASE {database} TEMPLATE {template} STRATEGY FILE_COPY OWNER mlops_owner",
            "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
            "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO api",
            "GRANT CONNECT ON DATABASE {database} TO analyst, monitor, retraining",
        ):
            cursor.execute(sql.SQL(statement).format(**names))


@pytest.fixture
def database(postgres: LocalPostgres, template: str) -> Iterator[Database]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    connection = psycopg2.connect(postgres.admin_url)
    connection.autocommit = True
    try:
        clone(connection, template, name)
        yield Database(name, postgres.port)
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    finally:
        connection.close()
