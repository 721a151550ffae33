"""What the log's session needs holds, whatever environment, role, URL and pooler say."""

import uuid
from collections.abc import Callable

import psycopg2
import pytest

from db.log import Context, RowFormat, Stamp
from db.log.errors import PostgresAway, RowsRefused
from db.log.form import Form
from db.log.postgres import PostgresLog
from db.log.session import Session
from tests.conftest import PASSWORD, Database
from tests.db.log.pooler import pgbouncer
from tests.gmsc import SCHEMA, VALUES

FORMAT = RowFormat(SCHEMA)
FORM = Form(FORMAT.columns)
REFERENCE = "Straße-漢字-€"
NEEDED = {
    "client_encoding": "UTF8",
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "synchronous_commit": "on",
    "standard_conforming_strings": "on",
    "search_path": "public, pg_temp",
    "statement_timeout": "20s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
}
HOSTILE = {
    "client_encoding": "LATIN1",
    "TimeZone": "Asia/Kolkata",
    "DateStyle": "German, DMY",
    "synchronous_commit": "off",
    "standard_conforming_strings": "off",
    "search_path": "pg_catalog",
}

Harm = Callable[[Database, pytest.MonkeyPatch], str]


def _environment(database: Database, patch: pytest.MonkeyPatch) -> str:
    patch.setenv("PGCLIENTENCODING", "LATIN1")
    patch.setenv("PGTZ", "Asia/Kolkata")
    patch.setenv("PGDATESTYLE", "German, DMY")
    patch.setenv("PGOPTIONS", " ".join(f"-c {name}={_plain(name)}" for name in HOSTILE))
    return ""


def _role(database: Database, _: pytest.MonkeyPatch) -> str:
    _alter(database, "ROLE api IN DATABASE {name} SET")
    return ""


def _database(database: Database, _: pytest.MonkeyPatch) -> str:
    _alter(database, "DATABASE {name} SET")
    return ""


def _url(database: Database, _: pytest.MonkeyPatch) -> str:
    options = " ".join(f"-c {name}={_plain(name)}" for name in HOSTILE)
    return f"client_encoding=LATIN1&options={options.replace(' ', '%20').replace('=', '%3D')}"


def _nothing(database: Database, _: pytest.MonkeyPatch) -> str:
    return ""


def _plain(name: str) -> str:
    return HOSTILE[name].replace(", ", ",")


def _alter(database: Database, statement: str) -> None:
    whose = statement.format(name=database.name)
    for name, value in HOSTILE.items():
        database.query(f"ALTER {whose} {name} = '{value}'")


HARMS = [_nothing, _environment, _role, _database, _url]


def connected(database: Database, query: str = "", port: int | None = None) -> PostgresLog:
    url = f"postgresql://api@127.0.0.1:{port or database.port}/{database.name}?{query}"
    log = PostgresLog(url, lambda: PASSWORD)
    log.connect()
    return log


def settings_of(log: PostgresLog, names: dict[str, str]) -> dict[str, str]:
    """As they are in a transaction of the log's."""
    with log.connection.unit():
        found = log.connection.fetch(
            "SELECT " + ", ".join(f"current_setting('{name}')" for name in names)
        )
    return dict(zip(names, found, strict=True))


def line() -> tuple[str, bytes]:
    context = Context("request", "/predict", "v", SCHEMA.id, 0.25, client_reference=REFERENCE)
    stamp = Stamp.now()
    return stamp.prediction_id, FORMAT.encode(context, stamp, VALUES, 0.5, 1, duration_ms=0.5)


def stored(database: Database) -> dict[str, str]:
    connection = psycopg2.connect(database.url("postgres"), client_encoding="UTF8", options="")
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT prediction_id::text, client_reference FROM public.prediction_log"
            )
            return dict(cursor.fetchall())
    finally:
        connection.close()


@pytest.mark.parametrize("pooled", [False, True], ids=["direct", "pooled"])
@pytest.mark.parametrize("harm", HARMS)
def test_the_session_is_what_the_log_needs(
    database: Database, monkeypatch: pytest.MonkeyPatch, harm: Harm, pooled: bool
) -> None:
    with pgbouncer(database.port) as port, monkeypatch.context() as patch:
        query = harm(database, patch)
        log = connected(database, query, port if pooled else None)
        first, new = line()
        second, again = line()

        log.copy(FORM, new)
        merged = log.merge(FORM, new + again)

        assert log.connection.pooled is pooled
        assert settings_of(log, NEEDED) == NEEDED
        assert merged == 1
        log.close()
    assert stored(database) == {first: REFERENCE, second: REFERENCE}


def test_a_stricter_promise_stays(database: Database) -> None:
    database.query(
        f"ALTER ROLE api IN DATABASE {database.name} SET synchronous_commit = 'remote_apply'"
    )
    log = connected(database)

    assert settings_of(log, {"synchronous_commit": ""}) == {"synchronous_commit": "remote_apply"}
    log.close()


@pytest.mark.parametrize("pooled", [False, True], ids=["direct", "pooled"])
def test_what_the_url_says_of_patience_and_name_holds(database: Database, pooled: bool) -> None:
    with pgbouncer(database.port) as port:
        options = "-c%20statement_timeout%3D7s%20--lock-timeout%3D3s%20-cwork_mem%3D5MB"
        query = f"application_name=mine&connect_timeout=9&options={options}"
        log = connected(database, query, port if pooled else None)

        expected = {
            "application_name": "mine",
            "statement_timeout": "7s",
            "lock_timeout": "3s",
            "idle_in_transaction_session_timeout": "30s",
            "work_mem": "5MB",
        }
        assert settings_of(log, expected) == expected
        log.close()
    assert Session(f"postgresql://h/d?{query}", None).parameters["connect_timeout"] == "9"


def test_what_the_promise_needs_is_said_where_the_url_says_otherwise(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    log = connected(database, "options=-c%20synchronous_commit%3Doff%20-c%20work_mem%3D5MB")

    (said,) = [item.getMessage() for item in caplog.records]
    assert "synchronous_commit" in said
    assert "work_mem" not in said
    log.close()


def test_nothing_of_it_is_left_in_a_session_that_others_get(database: Database) -> None:
    """A transaction pooler hands the session on: what the log sets ends with its transaction."""
    with pgbouncer(database.port, default_pool_size="1") as port:
        log = connected(database, port=port)
        log.merge(FORM, line()[1])

        with log.connection.unit():
            process = log.connection.fetch("SELECT pg_backend_pid()")
        other = psycopg2.connect(
            f"postgresql://api:{PASSWORD}@127.0.0.1:{port}/{database.name}?application_name=b"
        )
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT pg_backend_pid(), current_setting('statement_timeout'),"
                " current_setting('search_path'), to_regclass('pg_temp.prediction_log_batch')"
            )
            row = cursor.fetchone()
        other.close()
        log.close()

    assert row == (*process, "0", '"$user", public', None)


def test_many_transactions_through_a_pooler_keep_their_settings(database: Database) -> None:
    """Other clients take turns, so that the log's transactions move between sessions."""
    with pgbouncer(database.port, default_pool_size="2", server_round_robin="1") as port:
        url = f"postgresql://api:{PASSWORD}@127.0.0.1:{port}/{database.name}"
        others = [psycopg2.connect(url) for _ in range(3)]
        log = connected(database, port=port)
        lines = [line() for _ in range(30)]
        processes = set()
        for number, (_, content) in enumerate(lines):
            with others[number % 3] as held, held.cursor() as cursor:
                cursor.execute("SET statement_timeout = '1h'; SET synchronous_commit = off")
                log.copy(FORM, content)
                assert settings_of(log, NEEDED) == NEEDED
                with log.connection.unit():
                    processes.add(log.connection.fetch("SELECT pg_backend_pid()"))
        for other in others:
            other.close()
        log.close()

    assert len(processes) == 2
    assert set(stored(database)) == {identity for identity, _ in lines}


@pytest.mark.parametrize("pooled", [False, True], ids=["direct", "pooled"])
def test_a_refused_row_leaves_the_session_fit_for_the_next(
    database: Database, pooled: bool
) -> None:
    with pgbouncer(database.port, default_pool_size="1") as port:
        log = connected(database, port=port if pooled else None)
        identity, content = line()
        bad = line()[1].replace(b"\t0.5\t1\t", b"\t7.0\t1\t")

        for store in (log.copy, log.merge):
            with pytest.raises(RowsRefused):
                store(FORM, bad)
        log.merge(FORM, content)

        assert log.connected
        log.close()
    assert set(stored(database)) == {identity}


def away(url: str, password: str = PASSWORD) -> PostgresAway:
    with pytest.raises(PostgresAway) as caught:
        PostgresLog(url, lambda: password).connect()
    assert "\n" not in str(caught.value)
    return caught.value


def wrong(database: Database, kind: str) -> tuple[str, str]:
    """URL and password."""
    base = f"127.0.0.1:{database.port}"
    name = database.name
    return {
        "no such database": (f"postgresql://api@{base}/nowhere", PASSWORD),
        "no such role": (f"postgresql://nobody_{uuid.uuid4().hex[:6]}@{base}/{name}", PASSWORD),
        "wrong password": (f"postgresql://api@{base}/{name}", "another"),
        "no schema": (f"postgresql://postgres@{base}/postgres", PASSWORD),
        "no right to connect": (f"postgresql://analyst@{base}/template1", PASSWORD),
        "a right that is missing": (f"postgresql://api@{base}/{name}", PASSWORD),
        "no such setting": (f"postgresql://api@{base}/{name}?options=-c%20no_such%3D1", PASSWORD),
        "a setting that is none": (
            f"postgresql://api@{base}/{name}?options=-c%20lock_timeout%3Dsoon",
            PASSWORD,
        ),
        "no TLS": (f"postgresql://api@{base}/{name}?sslmode=require", PASSWORD),
        "no such service": (f"postgresql://api@{base}/{name}?service=nowhere", PASSWORD),
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        *("no such database", "no such role", "wrong password", "no schema"),
        *("no right to connect", "a right that is missing", "no such setting"),
        *("a setting that is none", "no TLS", "no such service"),
    ],
)
def test_a_wrong_configuration_is_not_an_outage(database: Database, kind: str) -> None:
    if kind == "no right to connect":
        database.query("REVOKE CONNECT ON DATABASE template1 FROM PUBLIC")

    if kind == "a right that is missing":
        database.query("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM api")

    error = away(*wrong(database, kind))

    assert error.remedy, error


@pytest.mark.parametrize("kind", ["refused", "no such host", "too many", "half of two hosts"])
def test_an_outage_is_no_wrong_configuration(database: Database, kind: str) -> None:
    port = database.port
    if kind == "too many":
        database.query(f"ALTER DATABASE {database.name} CONNECTION LIMIT 0")
    url = {
        "refused": "postgresql://api@127.0.0.1:1/mlops",
        "no such host": "postgresql://api@nowhere.invalid/mlops",
        "too many": f"postgresql://api@127.0.0.1:{port}/{database.name}",
        "half of two hosts": f"postgresql://api@127.0.0.1:1,127.0.0.1:{port}/nowhere",
    }[kind]

    assert away(url).remedy is None


def test_a_pooler_that_refuses_a_parameter_says_which(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGGEQO", "on")
    with pgbouncer(database.port) as port:
        error = away(f"postgresql://api@127.0.0.1:{port}/{database.name}")

    assert "geqo" in str(error)
    assert "ignore_startup_parameters" in str(error.remedy)


def test_a_pooler_that_keeps_no_transaction_is_refused(database: Database) -> None:
    with pgbouncer(database.port, mode="statement") as port:
        error = away(f"postgresql://api@127.0.0.1:{port}/{database.name}")

    assert "by transaction or by session" in str(error.remedy)


def test_a_pooler_by_session_is_used(database: Database) -> None:
    with pgbouncer(database.port, mode="session") as port:
        log = connected(database, port=port)
        identity, content = line()
        log.copy(FORM, content)
        log.close()

    assert set(stored(database)) == {identity}


def test_no_url_is_quoted() -> None:
    error = away("postgresql://api:secret-word@h:not-a-port/d?nonsense")

    assert "secret-word" not in f"{error}{error.remedy}"
