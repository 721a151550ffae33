"""What is answered and not in Postgres is visible as such, whoever is gone."""

import asyncio
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from db.log import LogSettings, PredictionLog
from db.log.account import COUNTED, Account
from tests.conftest import Database, free_port
from tests.db.rows import insert, row
from tests.security.spool import FORMAT, REGISTRATION, good, leave, line, logged, with_log

ROOT = Path(__file__).parents[3]
ACCOUNT = Account(
    process_id=str(uuid.UUID(int=7)),
    started_at="2026-11-23T13:11:10+00:00",
    instance="a-host",
    spool="/spool",
    counted=dict.fromkeys(COUNTED, 3),
    waiting=2,
)

# Answers so many rows without Postgres, and is killed or stopped.
PROCESS = """
import asyncio, os, signal, sys
from pathlib import Path
from db.log import LogSettings, PredictionLog
from tests.security.spool import FORMAT, REGISTRATION, line

async def main(url, spool, rows, end):
    log = PredictionLog(LogSettings(database_url=url, spool_dir=Path(spool)), FORMAT, REGISTRATION)
    log.start()
    for _ in range(int(rows)):
        await log.append(line()[1], 1)
    if end == "kill":
        await asyncio.sleep(1.5)
        os.kill(os.getpid(), signal.SIGKILL)
    await log.close()

asyncio.run(main(*sys.argv[1:]))
"""


def answer(url: str, spool: Path, rows: int, end: str) -> None:
    """A process that answers rows and is gone."""
    subprocess.run(
        [sys.executable, "-c", PROCESS, url, str(spool), str(rows), end],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=end != "kill",
        timeout=60,
    )


def reconciliation(database: Database) -> tuple[int, int, int]:
    ((logged_, answered, missing),) = database.query(
        "SELECT logged, answered, not_yet_logged FROM monitoring.log_reconciliation",
        role="analyst",
    )
    return logged_, answered, missing


def processes(database: Database) -> list[tuple[str, int, int]]:
    """Those that answered; who only drained has an account too."""
    return database.query(
        "SELECT state, answered, not_yet_logged FROM monitoring.log_process WHERE answered > 0"
        " ORDER BY started_at",
        role="analyst",
    )


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_a_process_that_ended_in_an_outage_is_accounted_for_by_who_drains_it(
    database: Database, tmp_path: Path, end: str
) -> None:
    answer(f"postgresql://api@127.0.0.1:{free_port()}/mlops", tmp_path, 30, end)

    with_log(database, tmp_path, lambda _: not list(tmp_path.glob("*-*")))

    assert len(logged(database)) == 30
    assert reconciliation(database) == (30, 30, 0)
    assert processes(database) == [("ended", 30, 0)]


def test_rows_that_wait_in_the_spool_of_the_dead_are_counted(
    database: Database, tmp_path: Path
) -> None:
    """As long as the database does not take them."""
    database.query("ALTER TABLE prediction_log RENAME COLUMN age TO lost")
    answer(f"postgresql://api@127.0.0.1:{free_port()}/mlops", tmp_path, 30, "stop")

    with_log(database, tmp_path, lambda _: bool(processes(database)))

    assert reconciliation(database) == (0, 30, 30)
    assert [item[1:] for item in processes(database)] == [(30, 30)]
    database.query("UPDATE log_counter SET counted_at = counted_at - interval '1 minute'")
    with_log(database, tmp_path, lambda log: log.status().refused)
    assert processes(database) == [("silent", 30, 30)]


def test_a_process_that_is_killed_never_makes_it_negative(
    database: Database, tmp_path: Path
) -> None:
    answer(database.url("api"), tmp_path, 30, "kill")

    assert reconciliation(database)[2] == 0
    with_log(database, tmp_path, lambda _: not list(tmp_path.glob("*-*")))
    assert reconciliation(database) == (30, 30, 0)
    assert processes(database) == [("ended", 30, 0)]


def test_one_that_is_stranded_is_silent_and_not_hidden_by_others(database: Database) -> None:
    """Its host is gone, with rows in its spool; others logged rows that nobody was answered."""
    insert(database, [row("2031-07-01T00:00:00Z") for _ in range(100)])
    database.query(
        "INSERT INTO log_counter (process_id, started_at, counted_at, accepted, answered,"
        " committed, spooled, drained, duplicate, quarantined, refused, instance, spool, waiting)"
        " VALUES (gen_random_uuid(), now() - interval '1 hour', now() - interval '4 minutes',"
        " 40, 40, 0, 40, 0, 0, 0, 0, 'node-2', '/spool', 21)"
    )

    assert reconciliation(database) == (100, 40, 21)
    assert database.query(
        "SELECT instance, spool, state, not_yet_logged FROM monitoring.log_process"
    ) == [("node-2", "/spool", "silent", 21)]


def test_a_late_report_takes_nothing_back(database: Database, tmp_path: Path) -> None:
    directory = leave(tmp_path, good(line()[1]))
    (directory / "LOCK").write_bytes(ACCOUNT.write())
    database.query(
        "INSERT INTO log_counter (process_id, started_at, counted_at, accepted, answered,"
        " committed, spooled, drained, duplicate, quarantined, refused)"
        f" VALUES ('{ACCOUNT.process_id}', now(), now(), 9, 9, 9, 0, 0, 0, 0, 0)"
    )

    with_log(database, tmp_path, lambda _: not directory.exists())

    query = "SELECT accepted, spooled, waiting, instance FROM log_counter WHERE accepted > 0"
    assert database.query(query) == [(9, 3, 0, "a-host")]


def test_an_account_survives_its_writing() -> None:
    assert Account.read(ACCOUNT.write().ljust(4096)) == ACCOUNT


@given(
    st.binary(max_size=300)
    | st.sampled_from([b"", b"[]", b"{}", b"null", b"[" * 4000])
    | st.dictionaries(
        st.sampled_from(["process_id", "started_at", "instance", "spool", "counted", "waiting"]),
        st.none() | st.integers() | st.text(max_size=5),
    ).map(lambda changed: ACCOUNT.write()[:-1] + str(changed).encode() + b"}")
)
def test_any_other_note_is_no_account(note: bytes) -> None:
    assert Account.read(note) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 4096, ACCOUNT.write()[:50]])
def test_a_directory_without_an_account_is_drained_all_the_same(
    database: Database, tmp_path: Path, content: bytes
) -> None:
    identity, row_ = line()
    (leave(tmp_path, good(row_)) / "LOCK").write_bytes(content)

    with_log(database, tmp_path, lambda _: not list(tmp_path.glob("*-*")))

    assert logged(database) == {identity}
    assert processes(database) == []


def test_an_idle_process_says_that_it_lives(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.log.counters._LIFE_SECONDS", 0.2)
    monkeypatch.setattr("db.log.counters._SAVE_SECONDS", 0.1)

    async def scenario() -> None:
        log = PredictionLog(
            LogSettings(database_url=SecretStr(database.url("api")), spool_dir=tmp_path),
            FORMAT,
            REGISTRATION,
        )
        log.start()
        await log.append(line()[1], 1)
        times: set[object] = set()
        while len(times) < 3:
            times |= set(database.query("SELECT counted_at FROM log_counter"))
            await asyncio.sleep(0.05)
        assert processes(database) == [("running", 1, 0)]
        await log.close()

    asyncio.run(asyncio.wait_for(scenario(), 20))

    assert processes(database) == [("ended", 1, 0)]
