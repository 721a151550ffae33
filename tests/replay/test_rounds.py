"""At the end of each hour or day of the stream the monitor has seen all of it, and nothing else."""

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2
import pytest

from replay.errors import ReplayError
from replay.moments import number_of
from replay.rounds import Rounds
from tests.api.service import Service
from tests.conftest import Database
from tests.replay import made
from tests.replay.conftest import Rig

MOMENT = number_of(datetime(2026, 1, 6, tzinfo=UTC))


@pytest.fixture
def counted(
    tmp_path: Path, replay_service: Service, sample_models: Path, database: Database
) -> Iterator[Rig]:
    """A service whose log nobody else writes to, so that a round is about this stream alone."""
    own = {
        "DATABASE_URL": database.url("api"),
        "SPOOL_DIR": str(tmp_path / "spool"),
        "LOG_VISIBLE_WAIT_MS": "20",
    }
    with Service(tmp_path, replay_service.environment | own) as service:
        yield Rig(tmp_path, service, database, str(sample_models))


def test_a_round_is_done_at_the_end_of_each_day(counted: Rig) -> None:
    content = counted.rows(120, days=2)
    last = max(row["outcome_time"] for row in content)

    code, said = counted.run(counted.stream(content), "--round", "day")

    assert code == 0, said
    days = (datetime.fromisoformat(last).date() - made.START.date()).days + 1
    # And one before the first, so that nobody looks ahead.
    assert f"{days + 1} rounds" in said
    assert counted.query("SELECT as_of FROM monitor_clock") == [
        (made.START + timedelta(days=days),)
    ]
    assert counted.query("SELECT as_of FROM rollup_state") == [(made.START + timedelta(days=days),)]
    assert counted.query("SELECT sum(predictions)::int FROM rollup_hour") == [(120,)]
    assert counted.query("SELECT count(*) FROM rollup_mark") == [(0,)]


def test_a_round_waits_for_what_was_answered_out_of_the_spool(counted: Rig) -> None:
    content = [row | {"outcome_time": ""} for row in counted.rows(60, days=0.04)]
    blocker = psycopg2.connect(counted.url("postgres"))
    with blocker, blocker.cursor() as cursor:
        cursor.execute("LOCK TABLE prediction_log IN SHARE MODE")
        process = counted.start(counted.stream(content), "--round", "hour")
        journal = counted.directory / "stream.csv.replay" / "journal.sqlite"
        deadline = time.monotonic() + 20
        while not journal.exists() or process.poll() is not None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(2)
        blocker.rollback()
    blocker.close()

    _, said = process.communicate(timeout=60)

    assert process.returncode == 0, said
    assert counted.query("SELECT sum(predictions)::int FROM rollup_hour") == [(60,)]
    assert counted.query("SELECT count(*) FROM rollup_mark") == [(0,)]


def test_a_stream_goes_no_faster_than_it_is_told(rig: Rig) -> None:
    content = [row | {"outcome_time": ""} for row in rig.rows(30, days=2)]

    code, said = rig.run(rig.stream(content), "--speed", "86400")

    assert code == 0, said
    scored = rig.logged("event_time::date, predicted_at")
    first, second = (
        [moment for day, moment in scored if day == wanted]
        for wanted in (made.START.date(), made.START.date() + timedelta(days=1))
    )
    assert min(second) - max(first) > timedelta(seconds=0.5)


def test_a_round_that_fails_is_tried_again(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys; tries = pathlib.Path(sys.argv[1]);"
        " tries.write_text(tries.read_text() + ' '.join(sys.argv[2:]) + '\\n');"
        " sys.exit('busy') if tries.read_text().count('as-of') < 3 else None"
    )
    tries = tmp_path / "tries"
    tries.write_text("")
    said: list[str] = []

    rounds = Rounds(said.append, (sys.executable, "-c", program, str(tries)), pause=0)
    rounds.do(MOMENT)

    assert rounds.count == 1
    assert tries.read_text().splitlines() == ["--as-of 2026-01-06T00:00:00Z"] * 3
    assert said == ["the round as of 2026-01-06T00:00:00Z failed, and is tried again: busy"] * 2


def test_one_that_always_fails_ends_the_replay(tmp_path: Path) -> None:
    said: list[str] = []
    rounds = Rounds(said.append, (sys.executable, "-c", "import sys; sys.exit('gone')"), pause=0)

    with pytest.raises(
        ReplayError, match=r"2026-01-06T00:00:00Z ended with exit code 1: gone; --r"
    ):
        rounds.do(MOMENT)

    assert len(said) == 4
