"""Whatever is killed or lost, each row is in the log once, and each outcome."""

import random
import signal
import time
from pathlib import Path

import pytest

from replay.journal import Journal
from tests.api.service import Service
from tests.conftest import Database
from tests.replay import made
from tests.replay.conftest import BATCH_ROWS, Rig, references
from tests.replay.gateway import gateway

SETTLE = ("--settle", "0.3")


def known(content: list[made.Row]) -> list[tuple[str]]:
    """References of the rows whose outcome comes."""
    return sorted((row["reference"],) for row in content if row["outcome_time"])


def test_killed_again_and_again_it_goes_on_where_it_was(rig: Rig) -> None:
    content = rig.rows(1_500)
    stream = rig.stream(content)
    chosen = random.Random(5)
    kills, code, said = 0, 1, ""

    while code:
        process = rig.start(stream, "--resume", *SETTLE)
        before = len(rig.logged())
        deadline = time.monotonic() + 30
        # Not before it sends: then there is something to be in the middle of.
        while process.poll() is None and len(rig.logged()) == before and kills < 3:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        if kills < 3:
            time.sleep(chosen.random() * 0.2)
            process.kill()
            kills += 1
        _, said = process.communicate(timeout=60)
        code = process.returncode
        assert code in {0, -signal.SIGKILL}, said

    assert kills == 3
    assert rig.logged() == references(content)
    assert sorted(rig.reported()) == known(content)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_end_it_says_how_to_go_on(rig: Rig, number: signal.Signals) -> None:
    content = rig.rows(800)
    stream = rig.stream(content)
    process = rig.start(stream)
    deadline = time.monotonic() + 30
    while not rig.logged():
        assert time.monotonic() < deadline
        time.sleep(0.01)

    process.send_signal(number)

    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert said.endswith(
        "interrupted: the same command with --resume goes on where it stopped\n"
    ), said
    assert "Traceback" not in said
    assert rig.run(stream, "--resume", *SETTLE)[0] == 0
    assert rig.logged() == references(content)


def test_where_answers_are_lost_the_log_is_asked(rig: Rig) -> None:
    # Sent three times by its caller, in two batches: that one of them is in the log says nothing of
    # the others.
    once = rig.rows(3 * BATCH_ROWS, clients=("branch",))
    content = [row for row in once for _ in range(3)]
    stream = rig.stream(content)

    with gateway(rig.service.url, seed=1) as between:
        code, said = rig.run(stream, *SETTLE, API_URL=between.url)

    assert code == 0, said
    assert {"lose the request", "lose the answer"} < set(between.fates)
    assert rig.logged() == references(content)
    assert sorted(rig.reported()) == sorted(set(known(content)))


def test_the_api_is_killed_under_it(
    tmp_path: Path, sample_models: Path, database: Database, rig: Rig
) -> None:
    """A service of its own: what it had in its spool is stored by the next one."""
    settings = rig.service.environment | {
        "DATABASE_URL": database.url("api"),
        "SPOOL_DIR": str(tmp_path / "spool"),
        # Most answers come out of the spool.
        "LOG_VISIBLE_WAIT_MS": "0",
    }
    service = Service(tmp_path, settings)
    content = rig.rows(1_500)
    with service:
        port = str(service.port)
        process = rig.start(rig.stream(content), "--settle", "2", API_URL=service.url)
        while database.query("SELECT count(*) < 300 FROM prediction_log") == [(True,)]:
            assert process.poll() is None
            time.sleep(0.01)
        assert service.process is not None
        service.process.kill()
        service.process.wait()
        service.environment["PORT"] = port
        with service:
            _, said = process.communicate(timeout=60)
            assert process.returncode == 0, said
            deadline = time.monotonic() + 10
            while database.query("SELECT count(*) FROM prediction_log") < [(1_500,)]:
                assert time.monotonic() < deadline
                time.sleep(0.1)

    found = database.query("SELECT client_reference FROM prediction_log ORDER BY event_time")
    assert found == references(content)


def test_two_at_once_do_not_share_a_journal(rig: Rig) -> None:
    stream = rig.stream(rig.rows(10))
    directory = rig.directory / "stream.csv.replay"
    directory.mkdir()
    journal = Journal(directory)

    code, said = rig.run(stream)
    journal.close()

    assert code == 1
    assert "another replay is under way with it" in said
