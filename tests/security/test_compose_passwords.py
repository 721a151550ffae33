"""The stack's database lets nobody in without a password, and none is known in advance."""

import json
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest

from tests.compose.conftest import Compose, missing_engine

pytestmark = [pytest.mark.compose, pytest.mark.timeout(900)]

ROLES = ("postgres", "mlops_owner", "api", "analyst", "monitor", "retraining")


@pytest.fixture(scope="module")
def stack() -> Iterator[Compose]:
    """The database alone, migrated, as `docker compose up` leaves it without an .env."""
    if reason := missing_engine():
        pytest.skip(reason)
    compose = Compose(project=f"test-{uuid.uuid4().hex[:8]}", port=0)
    try:
        compose.run("run", "--rm", "migrate")
        yield compose
    finally:
        compose.run("--profile", "*", "down", "--volumes", "--timeout", "10", check=False)


def address(stack: Compose) -> str:
    """Where the database's container answers this machine."""
    networks = stack.container("db")["NetworkSettings"]["Networks"]
    return str(next(iter(networks.values()))["IPAddress"])


def admitted(stack: Compose, role: str, password: str) -> bool:
    """Whether the database lets that in from this machine; it must ask by SCRAM."""
    try:
        psycopg2.connect(
            host=address(stack),
            user=role,
            password=password,
            dbname="mlops",
            require_auth="scram-sha-256",
            connect_timeout=5,
        ).close()
    except psycopg2.OperationalError as error:
        if "password authentication failed" not in str(error):
            raise
        return False
    return True


def shown(stack: Compose, role: str) -> str:
    return stack.run("run", "--rm", "passwords", "show", role).stdout.removesuffix("\n")


def config(stack: Compose) -> dict[str, Any]:
    found = stack.run("--profile", "*", "config", "--format", "json").stdout
    services: dict[str, Any] = json.loads(found)["services"]
    return services


@pytest.mark.parametrize("role", ROLES)
def test_no_password_is_known_in_advance(stack: Compose, role: str) -> None:
    for password in ("change-me", "postgres", "password", "mlops", role):
        assert not admitted(stack, role, password)

    assert admitted(stack, role, shown(stack, role))


def test_each_role_has_another_password_and_a_later_start_keeps_it(stack: Compose) -> None:
    before = [shown(stack, role) for role in ROLES]

    stack.run("run", "--rm", "migrate")

    assert len(set(before)) == len(ROLES)
    assert all(len(password) == 32 for password in before)
    assert [shown(stack, role) for role in ROLES] == before


def test_who_is_inside_the_databases_container_needs_none(stack: Compose) -> None:
    assert stack.sql("SELECT count(*) FROM prediction_log") == [["0"]]


def test_each_service_reaches_only_its_own_secrets(stack: Compose) -> None:
    mounted = {
        service: {
            mount["source"]: mount.get("read_only", False)
            for mount in parts.get("volumes", ())
            if "secrets" in mount["source"]
        }
        for service, parts in config(stack).items()
    }
    (reader,) = json.loads(
        subprocess.run(
            ["docker", "inspect", stack.run("ps", "-q", "db").stdout.strip()],
            capture_output=True,
            check=True,
        ).stdout
    )

    assert {service: set(names) for service, names in mounted.items() if names} == {
        "passwords": {
            *("secrets-db", "secrets-migrate", "secrets-api", "secrets-outcomes"),
            *("secrets-monitor", "secrets-retraining"),
        },
        "migrate": {
            *("secrets-db", "secrets-migrate", "secrets-api"),
            *("secrets-monitor", "secrets-retraining"),
        },
        "db": {"secrets-db"},
        "api": {"secrets-api"},
        "outcomes": {"secrets-api", "secrets-outcomes"},
        "monitor": {"secrets-monitor"},
        "replay": {"secrets-monitor"},
        "retraining": {"secrets-retraining"},
    }
    assert all(
        only
        for service, names in mounted.items()
        if service != "passwords"
        for only in names.values()
    )
    # Neither in the environment, where `docker inspect` and /proc show it.
    for password in (shown(stack, role) for role in ROLES):
        assert password not in json.dumps(reader)


def test_a_password_that_is_set_is_the_password(stack: Compose) -> None:
    chosen = "'a b' #&%{}\"\\ü"
    stack.environment["ANALYST_DB_PASSWORD"] = chosen
    try:
        stack.run("run", "--rm", "migrate")
    finally:
        del stack.environment["ANALYST_DB_PASSWORD"]

    assert admitted(stack, "analyst", chosen)


def test_a_volume_of_an_earlier_release_gets_a_password_of_its_own(stack: Compose) -> None:
    """There the administrator has the default one; the migrator changes it, and says so."""
    stack.run(
        *("exec", "-T", "db", "psql", "-U", "postgres", "-c"),
        "ALTER ROLE postgres PASSWORD 'change-me'",
    )
    assert admitted(stack, "postgres", "change-me")

    said = stack.run("run", "--rm", "migrate").stdout

    assert "role postgres: had the default password" in said
    assert not admitted(stack, "postgres", "change-me")
    assert admitted(stack, "postgres", shown(stack, "postgres"))


def test_an_administrators_password_that_was_changed_too_late_is_explained_at_once(
    stack: Compose,
) -> None:
    kept = shown(stack, "postgres")
    stack.environment["POSTGRES_PASSWORD"] = "another"
    try:
        stack.run("run", "--rm", "passwords")
        started = time.monotonic()
        refused = stack.run("run", "--rm", "migrate", check=False)
        took = time.monotonic() - started
    finally:
        stack.environment["POSTGRES_PASSWORD"] = kept
        stack.run("run", "--rm", "passwords")
        del stack.environment["POSTGRES_PASSWORD"]

    assert refused.returncode != 0
    assert "volume db" in refused.stderr
    assert "ALTER ROLE postgres PASSWORD" in refused.stderr
    assert took < 20
    stack.run("run", "--rm", "migrate")


@pytest.mark.parametrize("name", ["POSTGRES_PASSWORD", "API_DB_PASSWORD"])
def test_production_refuses_the_old_default_before_there_is_a_database(
    stack: Compose, name: str
) -> None:
    stack.environment |= {"ENVIRONMENT": "production", name: "change-me"}
    try:
        refused = stack.run("run", "--rm", "--no-deps", "passwords", check=False)
    finally:
        stack.environment.clear()

    assert refused.returncode == 1
    assert f"{name}: the default password" in refused.stderr


def test_every_service_is_bounded(stack: Compose) -> None:
    for service, parts in config(stack).items():
        assert parts["logging"]["options"] == {"max-file": "5", "max-size": "10m"}, service
        assert 0 < int(parts["mem_limit"]) <= 8 * 2**30, service
        assert 0 < parts["pids_limit"] <= 8192, service
    # 15 million rows take 4.4 GiB.
    assert int(config(stack)["trainer"]["mem_limit"]) > 4.4 * 2**30


def test_a_connection_without_a_password_gives_its_place_back(stack: Compose) -> None:
    with socket.create_connection((address(stack), 5432), timeout=30) as idle:
        assert idle.recv(1) == b""
