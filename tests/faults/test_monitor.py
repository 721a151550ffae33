"""Whoever counts the log may die at any moment, and Postgres with it: the counts are the log's."""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pytest

from tests.faults.conftest import Record
from tests.faults.processes import wait_until
from tests.faults.rig import Rig, pause
from tests.faults.scenario import survived
from tests.faults.service import ROOT

_TIMES = 6


@contextmanager
def counting(rig: Rig, output: IO[str]) -> Iterator[subprocess.Popen[str]]:
    """A process that does one round after the other; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.rounds"],
        cwd=ROOT,
        env={"DATABASE_URL": rig.monitor_url},
        stdout=output,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=10)


def test_killed_again_and_again(rig: Rig, record: Record) -> None:
    rig.api.start()
    chosen = random.Random(1)

    with (
        tempfile.TemporaryFile("w+") as output,
        survived(rig, record, f"monitor killed {_TIMES} times in its rounds") as load,
    ):
        for _ in range(_TIMES):
            with counting(rig, output) as process:
                started = output.seek(0, 2)
                wait_until(
                    lambda started=started: output.seek(0, 2) > started,  # type: ignore[misc]
                    seconds=20,
                    what="a round is done",
                )
                time.sleep(chosen.random() * 0.1)
                assert process.poll() is None
        assert load.exchanges

    assert rig.sql("SELECT count(*) > 0 FROM rollup_hour") == [(True,)]


@pytest.mark.parametrize("how", ["killed", "frozen", "read-only"])
def test_postgres_goes_in_the_middle_of_a_round(rig: Rig, record: Record, how: str) -> None:
    rig.api.start()

    with (
        tempfile.TemporaryFile("w+") as output,
        counting(rig, output),
        survived(rig, record, f"Postgres {how} under a monitor that counts", times_healthy=None),
    ):
        wait_until(lambda: output.seek(0, 2) > 0, seconds=20, what="a round is done")
        if how == "killed":
            rig.server.kill()
            pause(1)
            rig.server.start()
        elif how == "frozen":
            with rig.server.frozen():
                pause(2)
        else:
            with rig.server.read_only():
                pause(2)
        rig.api.wait_for_state("normal")
        done = output.seek(0, 2)
        wait_until(lambda: output.seek(0, 2) > done, seconds=20, what="another round is done")
