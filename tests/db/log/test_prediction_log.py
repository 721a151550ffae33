"""An append that returns means: committed in Postgres, or durable in the spool. Never twice."""

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import sql

from db.log import (
    Context,
    LogSettings,
    LogUnavailable,
    ModelRegistration,
    PredictionLog,
    RowFormat,
    Stamp,
)
from db.log.form import Form
from db.log.postgres import PostgresLog
from db.log.spool import Batch, Spool
from tests.conftest import Database, free_port
from tests.gmsc import SCHEMA, VALUES

FORMAT = RowFormat(SCHEMA)
REGISTRATION = ModelRegistration("v", SCHEMA.id, "a test", True, "2026-01-01T00:00:00Z", {"a": 1})
CONTEXT = Context("request", "/predict", "v", SCHEMA.id, 0.25, client_reference="a\tb\\c")


def row(probability: float = 0.5, stamp: Stamp | None = None) -> tuple[str, bytes]:
    stamp = stamp or Stamp.now()
    line = FORMAT.encode(CONTEXT, stamp, VALUES, probability, 1, duration_ms=0.5)
    return stamp.prediction_id, line


def settings(url: str, spool: Path, **more: object) -> LogSettings:
    return LogSettings(database_url=url, spool_dir=spool, **more)  # type: ignore[arg-type]


async def eventually(condition: object, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(0.01)


def logged(database: Database) -> dict[str, float]:
    rows = database.query("SELECT prediction_id::text, probability FROM prediction_log")
    assert len(rows) == len({identity for identity, _ in rows}), "a row is there twice"
    return dict(rows)


@pytest.fixture
def absent() -> str:
    """Where no Postgres listens."""
    return f"postgresql://api@127.0.0.1:{free_port()}/mlops"


def test_a_row_can_be_selected_the_moment_its_append_returns(
    database: Database, tmp_path: Path
) -> None:
    async def scenario() -> None:
        # However slow the disk is: beyond this wait an append is content with the spool.
        patient = settings(
            database.url("api"), tmp_path, log_visible_wait_ms=10_000, log_wait_seconds=20
        )
        log = PredictionLog(patient, FORMAT, REGISTRATION)
        log.start()
        await eventually(lambda: log.status().state == "normal")
        for probability in (0.1, 1 / 3, 5e-324, 0.9999999999999999, 1.0):
            identity, line = row(probability)
            await log.append(line, 1)
            assert logged(database)[identity] == probability
        await log.close()

    asyncio.run(scenario())

    (stored,) = database.query(
        "SELECT DISTINCT client_reference, age, log_path, schema_version FROM prediction_log"
    )
    assert stored == ("a\tb\\c", 45, "spool", SCHEMA.id)
    assert database.query("SELECT model_version, metadata FROM model_version") == [("v", {"a": 1})]
    assert list(tmp_path.iterdir()) == []


def test_many_requests_share_a_commit_and_every_row_is_there_once(
    database: Database, tmp_path: Path
) -> None:
    rows = [row(index / 3000) for index in range(3000)]

    async def scenario() -> None:
        log = PredictionLog(settings(database.url("api"), tmp_path), FORMAT, REGISTRATION)
        log.start()
        await asyncio.gather(*(log.append(line, 1) for _, line in rows))
        await log.close()

    asyncio.run(scenario())

    assert logged(database) == {identity: index / 3000 for index, (identity, _) in enumerate(rows)}
    assert database.query("SELECT not_yet_logged FROM monitoring.log_reconciliation") == [(0,)]


def test_without_postgres_rows_are_answered_from_the_spool_and_logged_later(
    database: Database, tmp_path: Path, absent: str
) -> None:
    rows = [row() for _ in range(100)]

    async def without() -> None:
        log = PredictionLog(settings(absent, tmp_path), FORMAT, REGISTRATION)
        log.start()
        for _, line in rows:
            await log.append(line, 1)
        status = log.status()
        assert status.state == "postgres_away"
        assert status.can_log
        assert status.backlog_rows == len(rows)
        await log.close()

    async def with_postgres() -> None:
        log = PredictionLog(settings(database.url("api"), tmp_path), FORMAT, REGISTRATION)
        log.start()
        await eventually(lambda: len(logged(database)) == len(rows))
        await eventually(lambda: not list(tmp_path.rglob("*.seg")))
        await log.close()

    asyncio.run(without())
    asyncio.run(with_postgres())

    assert set(logged(database)) == {identity for identity, _ in rows}


def test_a_spool_that_was_stored_already_is_stored_once(database: Database, tmp_path: Path) -> None:
    rows = [row() for _ in range(50)]
    spool = Spool(tmp_path, Form(FORMAT.columns), max_bytes=2**20, segment_bytes=2**16)
    for _, line in rows:
        spool.append(Batch(line, 1, [], 0.0))
    spool.close()

    async def scenario() -> None:
        log = PredictionLog(settings(database.url("api"), tmp_path), FORMAT, REGISTRATION)
        log.start()
        # The same rows again: what a kill after the commit and before the release leaves.
        await log.append(b"".join(line for _, line in rows[:25]), 25)
        await eventually(lambda: log.counters.drained + log.counters.duplicate == 75)
        assert log.counters.duplicate == 25
        await log.close()

    asyncio.run(scenario())

    assert set(logged(database)) == {identity for identity, _ in rows}


def test_a_row_that_postgres_refuses_goes_to_quarantine_alone(
    database: Database, tmp_path: Path
) -> None:
    good = [row() for _ in range(20)]
    _, bad = row(7.0)  # no probability
    lines = [line for _, line in good]
    lines.insert(11, bad)

    async def scenario() -> None:
        log = PredictionLog(settings(database.url("api"), tmp_path), FORMAT, REGISTRATION)
        log.start()
        await log.append(b"".join(lines), len(lines))
        await eventually(lambda: log.counters.quarantined == 1)
        assert log.status().as_dict()["quarantined_rows"] == 1
        await log.close()

    asyncio.run(scenario())

    assert set(logged(database)) == {identity for identity, _ in good}
    (segment,) = (tmp_path / "quarantine").glob("*.seg")
    (reason,) = (tmp_path / "quarantine").glob("*.txt")
    assert bad in segment.read_bytes()
    assert "probability" in reason.read_text()
    assert "7" not in reason.read_text().replace("17", "")


def test_a_missing_partition_is_made(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = time.time_ns() + 400 * 86_400 * 10**9
    with monkeypatch.context() as patched:
        patched.setattr("time.time_ns", lambda: moment)
        identity, line = row()

    async def scenario() -> None:
        log = PredictionLog(settings(database.url("api"), tmp_path), FORMAT, REGISTRATION)
        log.start()
        await log.append(line, 1)
        await log.close()

    asyncio.run(scenario())

    assert list(logged(database)) == [identity]


def test_a_spool_that_cannot_be_written_is_passed_by(database: Database, tmp_path: Path) -> None:
    blocked = tmp_path / "spool"
    blocked.write_text("a file, where a directory should be")
    identity, line = row()

    async def scenario() -> None:
        log = PredictionLog(settings(database.url("api"), blocked), FORMAT, REGISTRATION)
        log.start()
        await eventually(lambda: log.status().state == "spool_unusable" and log.status().ready)
        await log.append(line, 1)
        assert log.status().state == "spool_unusable"
        blocked.unlink()
        await eventually(lambda: log.status().state == "normal")
        await log.close()

    asyncio.run(scenario())

    assert list(logged(database)) == [identity]
    assert database.query("SELECT DISTINCT log_path FROM prediction_log") == [("direct",)]


def test_who_cannot_spool_waits_for_the_first_connection(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not yet connected is not away: what comes meanwhile is not refused, but nobody is sent."""
    blocked = tmp_path / "spool"
    blocked.write_text("a file, where a directory should be")
    identity, line = row()
    connect, connected = PostgresLog.connect, threading.Event()

    def late(log: PostgresLog) -> None:
        assert connected.wait(10)
        connect(log)

    monkeypatch.setattr(PostgresLog, "connect", late)

    async def scenario() -> None:
        log = PredictionLog(
            settings(database.url("api"), blocked, log_wait_seconds=10), FORMAT, REGISTRATION
        )
        log.start()
        assert not log.status().ready
        await eventually(lambda: log.status().state == "spool_unusable")
        assert not log.status().ready
        log.admit(1)
        answer = asyncio.create_task(log.append(line, 1))
        await asyncio.sleep(0.05)
        connected.set()
        await answer
        # The row is answered at its commit, a moment before the thread that stored it says so.
        await eventually(lambda: log.status().ready)
        await log.close()

    asyncio.run(scenario())

    assert list(logged(database)) == [identity]


def test_with_neither_spool_nor_postgres_nothing_is_promised(tmp_path: Path, absent: str) -> None:
    blocked = tmp_path / "spool"
    blocked.write_text("a file, where a directory should be")

    async def scenario() -> None:
        log = PredictionLog(settings(absent, blocked), FORMAT, REGISTRATION)
        log.start()
        # What comes before both are known to be away waits for the first connection.
        await eventually(lambda: log.status().reason and not log.status().can_log)
        with pytest.raises(LogUnavailable):
            await log.append(row()[1], 1)
        with pytest.raises(LogUnavailable, match="neither") as caught:
            log.admit(1)
        assert caught.value.retry_after >= 1
        assert log.status().state == "unavailable"
        blocked.unlink()
        await eventually(lambda: log.status().can_log)
        await log.append(row()[1], 1)
        await log.close()

    asyncio.run(scenario())


def test_a_request_does_not_wait_longer_than_it_may(
    tmp_path: Path, absent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fdatasync", lambda _: time.sleep(3))

    async def scenario() -> None:
        log = PredictionLog(settings(absent, tmp_path, log_wait_seconds=0.5), FORMAT, REGISTRATION)
        log.start()
        started = time.monotonic()
        with pytest.raises(LogUnavailable, match="longer"):
            await log.append(row()[1], 1)
        # The disk takes three.
        assert time.monotonic() - started < 2.5
        with pytest.raises(LogUnavailable):
            log.admit(1)
        # The disk comes back by itself, and so does the log.
        await eventually(lambda: log.status().can_log)
        await log.close()

    asyncio.run(scenario())


@pytest.mark.usefixtures("locked")
def test_a_spool_that_is_back_is_enough_though_postgres_stays_silent(
    database: Database, tmp_path: Path
) -> None:
    """A request waited in vain for Postgres; the next ones need not."""
    blocked = tmp_path / "spool"
    blocked.write_text("a file, where a directory should be")

    async def scenario() -> None:
        wanted = settings(database.url("api"), blocked, log_wait_seconds=0.5, log_close_seconds=0)
        log = PredictionLog(wanted, FORMAT, REGISTRATION)
        log.start()
        await eventually(lambda: log.status().state == "spool_unusable")
        with pytest.raises(LogUnavailable, match="longer"):
            await log.append(row()[1], 1)
        assert not log.status().can_log
        blocked.unlink()
        await eventually(lambda: log.status().can_log, seconds=3)
        await log.append(row()[1], 1)
        await log.close()

    asyncio.run(scenario())


def test_rows_in_flight_are_bounded(tmp_path: Path, absent: str) -> None:
    async def scenario() -> None:
        log = PredictionLog(
            settings(absent, tmp_path, log_max_rows_in_flight=10), FORMAT, REGISTRATION
        )
        log.start()
        log.admit(10)
        with pytest.raises(LogUnavailable, match="too many rows"):
            log.admit(11)
        assert log.counters.refused == 11
        await log.close()

    asyncio.run(scenario())


def test_refusals_are_told_without_values_and_bounded(database: Database, tmp_path: Path) -> None:
    async def scenario() -> None:
        log = PredictionLog(settings(database.url("api"), tmp_path), FORMAT, REGISTRATION)
        log.start()
        for number in range(5000):
            log.reject(f"r{number}", "/predict", 422, [("/age", "invalid")], "v")
        await eventually(
            lambda: database.query("SELECT count(*) >= 120 FROM rejected_request")[0][0]
        )
        await eventually(lambda: not log.rejections.due)
        await log.close()
        ((rows, told),) = database.query("SELECT count(*), sum(suppressed) FROM rejected_request")
        assert rows < 200
        assert rows + told + log.rejections.suppressed == 5000

    asyncio.run(scenario())

    (first,) = database.query("SELECT errors, status, route FROM rejected_request LIMIT 1")
    assert first == ([{"rule": "invalid", "pointer": "/age"}], 422, "/predict")


@pytest.fixture
def locked(database: Database) -> Iterator[None]:
    """Nobody may write the table, for as long as the test runs."""
    connection = psycopg2.connect(database.url("postgres"))
    with connection.cursor() as cursor:
        statement = sql.SQL("LOCK TABLE prediction_log IN ACCESS EXCLUSIVE MODE")
        cursor.execute(statement)
    yield
    connection.close()


@pytest.mark.usefixtures("locked")
def test_a_slow_postgres_delays_an_answer_by_its_patience_and_no_more(
    database: Database, tmp_path: Path
) -> None:
    async def scenario() -> list[float]:
        wanted = settings(database.url("api"), tmp_path, log_close_seconds=0, log_wait_seconds=20)
        log = PredictionLog(wanted, FORMAT, REGISTRATION)
        log.start()
        durations = []
        for _ in range(20):
            started = time.monotonic()
            await log.append(row()[1], 1)
            durations.append(time.monotonic() - started)
        assert log.counters.spooled == 20
        await log.close()
        return durations

    durations = asyncio.run(scenario())

    # Who waited for Postgres would wait for its lock_timeout, five seconds.
    assert sorted(durations)[10] < 1
    assert max(durations) < 4
