"""`python -m db` as a process of its own: exit codes, messages, and no secret in them."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from local.postgres import LocalPostgres
from tests import warm
from tests.conftest import PASSWORD, Database, free_port

ROOT = Path(__file__).parents[2]
AWKWARD = "p@ss:w/or%d %(x)s {y} '\"\\ ü?#&"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return warm.run("db", arguments, kept | environment, timeout=60)


def environment(url: str, database: str, **more: str) -> dict[str, str]:
    return {
        "DATABASE_ADMIN_URL": url,
        "DATABASE_NAME": database,
        "MLOPS_OWNER_PASSWORD": PASSWORD,
        "API_DB_PASSWORD": PASSWORD,
        "ANALYST_DB_PASSWORD": PASSWORD,
        **more,
    }


@pytest.fixture
def server(short_dir: Path) -> Iterator[LocalPostgres]:
    """A server of the test's own, whose roles it may change; its password is awkward."""
    server = LocalPostgres(short_dir / "server", port=free_port(), password=AWKWARD, durable=False)
    server.start()
    yield server
    server.stop()


def test_it_says_what_it_did_and_then_that_there_is_nothing_to_do(postgres: LocalPostgres) -> None:
    settings = environment(postgres.admin_url, "commands")

    first, second = run("migrate", **settings), run("migrate", **settings)

    assert (first.returncode, first.stderr) == (0, "")
    assert "database commands: created" in first.stdout
    assert first.stdout.endswith("done\n")
    assert (second.returncode, second.stdout) == (0, "migrate: nothing to do\n")


def test_each_setting_that_is_missing_or_wrong_has_a_line() -> None:
    result = run(
        "migrate",
        API_DB_PASSWORD="geheim",
        ANALYST_DB_PASSWORD="",
        ENVIRONMENT="staging",
        PARTITION_MONTHS_AHEAD="none",
        DATABASE_WAIT_SECONDS="-1",
    )

    assert result.returncode == 2
    assert result.stdout == ""
    named = [line.split(":")[0] for line in result.stderr.splitlines()]
    assert sorted(named) == [
        "ANALYST_DB_PASSWORD",
        "DATABASE_ADMIN_URL",
        "DATABASE_WAIT_SECONDS",
        "ENVIRONMENT",
        "MLOPS_OWNER_PASSWORD",
        "PARTITION_MONTHS_AHEAD",
    ]
    assert "geheim" not in result.stderr


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, "refused"),
        ({"DATABASE_ADMIN_URL": "postgresql://postgres@no.such.host.invalid/postgres"}, "host"),
    ],
)
@pytest.mark.parametrize("command", [("migrate",), ("retain", "--months=3")])
def test_a_server_that_does_not_answer_is_one_clear_line(
    command: tuple[str, ...], settings: dict[str, str], reason: str
) -> None:
    url = f"postgresql://postgres:geheim@127.0.0.1:{free_port()}/postgres"

    result = run(*command, **environment(url, "commands", DATABASE_WAIT_SECONDS="0.1") | settings)

    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith(f"{command[0]} failed: cannot connect to Postgres")
    assert reason in result.stderr
    assert "geheim" not in result.stderr


@pytest.mark.parametrize(
    "url", ["nonsense with geheim", "postgresql://u:geheim@h:port/d", "mysql://u:geheim@h/d"]
)
def test_a_url_that_is_none_is_a_setting_to_mend(url: str) -> None:
    result = run("migrate", **environment(url, "commands", DATABASE_WAIT_SECONDS="0"))

    assert result.returncode == 2
    assert result.stderr.startswith("DATABASE_ADMIN_URL")
    assert len(result.stderr.splitlines()) == 1
    assert "geheim" not in result.stderr


def test_a_wrong_password_is_refused_without_showing_it(postgres: LocalPostgres) -> None:
    url = postgres.admin_url.replace(f":{PASSWORD}@", ":geheim@")

    result = run("migrate", **environment(url, "commands", DATABASE_WAIT_SECONDS="0"))

    assert result.returncode == 1
    assert "password authentication failed" in result.stderr
    assert "geheim" not in result.stderr + result.stdout


def test_a_wrong_password_is_not_waited_for(postgres: LocalPostgres) -> None:
    url = postgres.admin_url.replace(f":{PASSWORD}@", ":geheim@")

    started = time.monotonic()
    result = run("migrate", **environment(url, "commands", DATABASE_WAIT_SECONDS="60"))

    assert result.returncode == 1
    assert time.monotonic() - started < 20
    assert len(result.stderr.splitlines()) == 1
    assert "volume db" in result.stderr
    assert "ALTER ROLE postgres PASSWORD" in result.stderr


def test_passwords_come_from_files(server: LocalPostgres, tmp_path: Path) -> None:
    url = f"postgresql://postgres@127.0.0.1:{server.port}/postgres"
    settings = {"DATABASE_ADMIN_URL": url, "DATABASE_NAME": "mlops"}
    for name in ("DATABASE_ADMIN", "MLOPS_OWNER", "API_DB", "ANALYST_DB"):
        file = tmp_path / name
        file.write_text(f"{AWKWARD}\n")
        settings[f"{name}_PASSWORD_FILE"] = str(file)

    migrated, retained = run("migrate", **settings), run("retain", "--months=1", **settings)

    assert (migrated.returncode, migrated.stderr) == (0, "")
    assert (retained.returncode, retained.stderr) == (0, "")
    psycopg2.connect(
        host="127.0.0.1", port=server.port, user="analyst", password=AWKWARD, dbname="mlops"
    ).close()


def test_a_password_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    settings = environment("postgresql://h/d", "mlops", API_DB_PASSWORD_FILE=str(tmp_path / "api"))

    both = run("migrate", **settings)
    del settings["API_DB_PASSWORD"]
    missing = run("migrate", **settings)

    assert (both.returncode, missing.returncode) == (2, 2)
    assert both.stderr == (
        "API_DB_PASSWORD and API_DB_PASSWORD_FILE are both set: keep one of them\n"
    )
    assert missing.stderr == (
        f"API_DB_PASSWORD_FILE: cannot read {tmp_path}/api: No such file or directory\n"
    )


def test_the_default_password_of_an_earlier_release_is_replaced_by_the_files(
    short_dir: Path, tmp_path: Path
) -> None:
    server = LocalPostgres(
        short_dir / "server", port=free_port(), password="change-me", durable=False
    )
    server.start()
    try:
        url = f"postgresql://postgres@127.0.0.1:{server.port}/postgres"
        settings = environment(url, "mlops", ENVIRONMENT="production")
        set_by_hand = run("migrate", **settings, DATABASE_ADMIN_PASSWORD="other")
        (tmp_path / "password").write_text("made")
        from_file = run(
            "migrate", **settings, DATABASE_ADMIN_PASSWORD_FILE=str(tmp_path / "password")
        )
    finally:
        server.stop()

    # Of a server that is somebody's own, nobody changes the password unasked.
    assert set_by_hand.returncode == 1
    assert (from_file.returncode, from_file.stderr) == (0, "")
    assert from_file.stdout.startswith("role postgres: had the default password")


def test_an_unknown_data_set_is_an_error_that_names_those_there_are() -> None:
    result = run("migrate", **environment("postgresql://h/d", "commands", DATASET="iris"))

    assert result.returncode == 2
    assert result.stderr.startswith("DATASET: iris is not declared; known are gmsc")


def test_default_passwords_are_warned_of_and_refused_in_production(server: LocalPostgres) -> None:
    settings = environment(
        f"postgresql://postgres@127.0.0.1:{server.port}/postgres",
        "mlops",
        DATABASE_ADMIN_PASSWORD=AWKWARD,
        API_DB_PASSWORD="change-me",
        ANALYST_DB_PASSWORD="change-me",
    )

    refused = run("migrate", **settings, ENVIRONMENT="production")
    warned = run("migrate", **settings)

    assert refused.returncode == 2
    assert "api, analyst: the default password" in refused.stderr
    assert refused.stdout == ""
    assert warned.returncode == 0
    assert warned.stderr == "warning: default password of api, analyst\n"


@pytest.mark.parametrize(
    ("url", "password"),
    [("postgresql://root:change-me@h/d", ""), ("postgresql://root@h/d", "change-me")],
)
def test_the_administrators_default_password_is_refused_in_production(
    url: str, password: str
) -> None:
    settings = environment(url, "mlops", DATABASE_ADMIN_PASSWORD=password, ENVIRONMENT="production")

    result = run("migrate", **settings)

    assert result.returncode == 2
    assert "root: the default password" in result.stderr


def test_no_password_reaches_the_servers_log(server: LocalPostgres) -> None:
    connection = psycopg2.connect(
        host="127.0.0.1", port=server.port, user="postgres", password=AWKWARD
    )
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("ALTER SYSTEM SET log_statement = 'all'")
        cursor.execute("SELECT pg_reload_conf()")
    connection.close()

    result = run(
        "migrate",
        **environment(
            f"postgresql://postgres@127.0.0.1:{server.port}/postgres",
            "mlops",
            DATABASE_ADMIN_PASSWORD=AWKWARD,
            API_DB_PASSWORD="geheim",
        ),
    )

    log = (server.directory / "log").read_text()
    assert result.returncode == 0
    assert "ALTER ROLE" in log
    assert "SCRAM-SHA-256$" in log
    assert "geheim" not in log


def test_a_database_of_a_newer_release_is_left_alone(database: Database) -> None:
    database.query("UPDATE alembic_version SET version_num = '9999'")

    result = run("migrate", **environment(database.url("postgres"), database.name))

    assert result.returncode == 1
    assert result.stderr.startswith("migrate failed: the database is at schema 9999")
    assert len(result.stderr.splitlines()) == 1
    assert database.query("SELECT version_num FROM alembic_version") == [("9999",)]


def test_an_administrator_without_the_right_gets_the_servers_own_words(
    database: Database,
) -> None:
    result = run("migrate", **environment(database.url("api"), database.name))

    assert result.returncode == 1
    assert result.stderr.startswith("migrate failed: permission denied to alter role")
    assert "CREATEROLE" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_an_administrator_need_not_be_a_superuser(server: LocalPostgres) -> None:
    connection = psycopg2.connect(
        host="127.0.0.1", port=server.port, user="postgres", password=AWKWARD
    )
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE manager LOGIN CREATEDB CREATEROLE PASSWORD 'word'")
    connection.close()
    settings = environment(f"postgresql://manager:word@127.0.0.1:{server.port}/postgres", "mlops")

    first, second = run("migrate", **settings), run("migrate", **settings)

    assert (first.returncode, first.stderr) == (0, "")
    assert (second.returncode, second.stdout) == (0, "migrate: nothing to do\n")


def test_a_password_may_hold_any_character(server: LocalPostgres) -> None:
    settings = environment(
        f"postgresql://postgres@127.0.0.1:{server.port}/postgres",
        "mlops",
        DATABASE_ADMIN_PASSWORD=AWKWARD,
        MLOPS_OWNER_PASSWORD=f"owner {AWKWARD}",
        API_DB_PASSWORD=f"api {AWKWARD}",
        ANALYST_DB_PASSWORD=f"analyst {AWKWARD}",
    )

    migrated, retained = run("migrate", **settings), run("retain", "--months=1", **settings)

    assert (migrated.returncode, migrated.stderr) == (0, "")
    assert (retained.returncode, retained.stderr) == (0, "")
    for role in ("api", "analyst"):
        psycopg2.connect(
            host="127.0.0.1",
            port=server.port,
            user=role,
            password=f"{role} {AWKWARD}",
            dbname="mlops",
        ).close()


def test_old_months_are_named_and_only_dropped_when_asked_to(database: Database) -> None:
    database.query("SELECT ensure_prediction_log_partition('2001-02-03Z')")
    settings = environment(database.url("postgres"), database.name)

    results = [
        run("retain", "--months=12", *apply, **settings)
        for apply in ((), ("--apply",), ("--apply",))
    ]

    assert [result.returncode for result in results] == [0, 0, 0]
    assert [result.stdout.splitlines()[0].split(":")[0] for result in results] == [
        "would drop prediction_log_2001_02",
        "dropping prediction_log_2001_02",
        "retain",
    ]


@pytest.mark.parametrize(
    "arguments", [(), ("drop",), ("retain",), ("retain", "--months=0"), ("retain", "--months=x")]
)
def test_wrong_usage_is_said_before_anything_is_done(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)

    assert result.returncode == 2
    assert "usage: python -m db" in result.stderr
