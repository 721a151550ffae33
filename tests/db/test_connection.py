"""The commands connect as the URL says, and nothing that is around changes what they do."""

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.connection import admin, wait_for
from db.errors import DatabaseUnreachable
from db.migrate import migrate
from db.provision import provision
from local.postgres import LocalPostgres
from tests.conftest import PASSWORD, Database, free_port, migrate_settings
from tests.db.test_commands import environment, run

# Each would change what a connection is, or whether there is one.
AROUND = {
    "PGCLIENTENCODING": "LATIN1",
    "PGOPTIONS": "-c search_path=elsewhere -c default_transaction_read_only=on",
    "PGSERVICE": "no-such-service",
    "PGSERVICEFILE": "/nonexistent",
    "PGHOST": "nowhere.invalid",
    "PGHOSTADDR": "127.0.0.2",
    "PGPORT": "1",
    "PGUSER": "nobody",
    "PGDATABASE": "elsewhere",
    "PGPASSWORD": "wrong",
    "PGPASSFILE": "/nonexistent",
    "PGSSLMODE": "verify-full",
    "PGSSLROOTCERT": "/nonexistent",
    "PGGSSENCMODE": "require",
    "PGCHANNELBINDING": "require",
    "PGREQUIREAUTH": "none",
    "PGTARGETSESSIONATTRS": "standby",
    "PGCONNECT_TIMEOUT": "nonsense",
    "PGAPPNAME": "somebody",
    "PGTZ": "Pacific/Chatham",
    "PGDATESTYLE": "German",
}


def test_the_environments_variables_change_nothing_and_are_named(postgres: LocalPostgres) -> None:
    settings = environment(postgres.admin_url, "surrounded")

    first = run("migrate", **settings, **AROUND)
    retained = run("retain", "--months=3", **settings, **AROUND)

    assert (first.returncode, retained.returncode) == (0, 0), first.stderr + retained.stderr
    ignored, *rest = first.stderr.splitlines()
    assert rest == []
    assert ignored.startswith("ignored: PGAPPNAME, ")
    assert "DATABASE_ADMIN_URL" in ignored
    assert not [name for name in AROUND if name not in ignored]
    made = Database("surrounded", postgres.port)
    assert made.query("SELECT count(*) FROM public.prediction_log") == [(0,)]


@pytest.mark.parametrize("name", sorted(AROUND))
def test_each_alone_changes_nothing(
    database: Database, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, AROUND[name])

    with admin(database.settings).connect() as connection:
        shown = [
            connection.exec_driver_sql(f"SHOW {setting}").scalar_one()
            for setting in ("client_encoding", "search_path", "TimeZone", "application_name")
        ]

    assert shown == ["UTF8", "public", "UTC", "migrate"]


def test_a_roles_or_databases_settings_change_nothing(short_dir: Path) -> None:
    server = LocalPostgres(short_dir / "s", port=free_port(), password=PASSWORD, durable=False)
    server.start()
    try:
        settings = migrate_settings(server.admin_url, "mlops")
        list(provision(admin(settings), settings))
        database = Database("mlops", server.port)
        for where in ("ROLE mlops_owner", "DATABASE mlops", "ROLE postgres"):
            for setting in (
                "search_path = elsewhere",
                "client_encoding = 'LATIN1'",
                "default_transaction_read_only = on",
                "\"TimeZone\" = 'Pacific/Chatham'",
                "datestyle = 'German'",
            ):
                database.query(
                    f"SET default_transaction_read_only = off; COMMIT; BEGIN;"
                    f" ALTER {where} SET {setting}"
                )

        database.query(
            "SET default_transaction_read_only = off; COMMIT; BEGIN;"
            # Of a migration's statements the longest takes several times as long.
            " ALTER ROLE mlops_owner SET statement_timeout = '20ms'"
        )

        steps = list(migrate(settings))

        assert any(step.startswith("schema: from nothing to") for step in steps)
        ((schema,),) = database.query(
            "SELECT schemaname FROM pg_tables WHERE tablename = 'log_counter'"
        )
        assert schema == "public"
    finally:
        server.stop()


@pytest.fixture
def replica(short_dir: Path) -> Iterator[LocalPostgres]:
    """What a failover leaves behind: a server that takes no writes."""
    server = LocalPostgres(short_dir / "s", port=free_port(), password=PASSWORD, durable=False)
    server.start()
    list(migrate(migrate_settings(server.admin_url, "several_hosts")))
    server.stop()
    server.start("default_transaction_read_only=on")
    yield server
    server.stop()


def test_of_several_hosts_the_one_that_can_be_written_to_is_taken(
    postgres: LocalPostgres, replica: LocalPostgres
) -> None:
    hosts = ",".join(f"127.0.0.1:{port}" for port in (free_port(), replica.port, postgres.port))
    url = f"postgresql://postgres:{PASSWORD}@{hosts}/postgres"

    result = run("migrate", **environment(url, "several_hosts"))

    assert (result.returncode, result.stderr) == (0, "")
    assert "database several_hosts: created" in result.stdout


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://postgres:{password}@127.0.0.1:{port}/postgres?options=-c%20work_mem%3D8MB"
        "&connect_timeout=7&application_name=mine&sslmode=disable",
        "postgres://postgres:{password}@127.0.0.1:{port}/postgres?options=-cwork_mem%3D8MB"
        "&application_name=mine",
        "host=127.0.0.1 port={port} user=postgres password={password} dbname=postgres"
        " application_name=mine options='-c work_mem=8MB'",
    ],
)
def test_what_the_url_says_holds(postgres: LocalPostgres, url: str) -> None:
    settings = migrate_settings(url.format(password=PASSWORD, port=postgres.port), "mlops")

    with admin(settings).connect() as connection:
        shown = [
            connection.exec_driver_sql(f"SHOW {setting}").scalar_one()
            for setting in ("work_mem", "application_name")
        ]

    assert shown == ["8MB", "mine"]


def test_timeouts_of_the_url_hold(postgres: LocalPostgres) -> None:
    url = postgres.admin_url + "?options=-c%20statement_timeout%3D77s"

    with admin(migrate_settings(url, "mlops")).connect() as connection:
        shown = connection.exec_driver_sql("SHOW statement_timeout").scalar_one()

    assert shown == "77s"


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("options=-c%20search_path%3Delsewhere", "search_path"),
        ("options=--timezone%3DAsia/Tokyo", "TimeZone"),
        ("client_encoding=LATIN1", "client_encoding"),
    ],
)
def test_what_the_url_must_not_change_is_refused_by_name(
    postgres: LocalPostgres, query: str, name: str
) -> None:
    result = run("migrate", **environment(f"{postgres.admin_url}?{query}", "refused"))

    assert result.returncode == 1
    assert result.stderr.startswith(f"migrate failed: DATABASE_ADMIN_URL sets {name}")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgres:test@{server}/absent", 'database "absent" does not exist'),
        ("postgres:geheim@{server}/postgres", "password authentication failed"),
        ("nobody:test@{server}/postgres", "password authentication failed"),
        ("postgres:test@{server}/postgres?sslmode=require", "does not support SSL"),
        ("postgres:test@{server}/postgres?sslmode=nonsense", "invalid sslmode value"),
    ],
)
def test_what_no_wait_changes_is_said_at_once(
    postgres: LocalPostgres, url: str, reason: str
) -> None:
    whole = "postgresql://" + url.format(server=f"127.0.0.1:{postgres.port}")

    started = time.monotonic()
    with pytest.raises(DatabaseUnreachable, match=reason):
        wait_for(admin(migrate_settings(whole, "mlops")), 60)

    assert time.monotonic() - started < 10


def test_it_says_what_it_waits_for(caplog: pytest.LogCaptureFixture) -> None:
    url = f"postgresql://postgres@127.0.0.1:{free_port()}/postgres"

    with caplog.at_level(logging.WARNING), pytest.raises(DatabaseUnreachable, match="refused"):
        wait_for(admin(migrate_settings(url, "mlops")), 1.6)

    (record,) = caplog.records
    assert record.getMessage().startswith("waiting for Postgres, up to 1.6 s: connection to")
    assert "refused" in record.getMessage()


def test_a_server_that_comes_later_is_waited_for(short_dir: Path) -> None:
    server = LocalPostgres(short_dir / "s", port=free_port(), password=PASSWORD, durable=False)
    outcome: list[str] = []

    def wait() -> None:
        wait_for(admin(migrate_settings(server.admin_url, "mlops")), 60)
        outcome.append("in")

    waiting = threading.Thread(target=wait)
    waiting.start()
    server.start()
    try:
        waiting.join()
    finally:
        server.stop()

    assert outcome == ["in"]
