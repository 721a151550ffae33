"""A process beside another one: started again when it ends, gone when it is not wanted."""

import subprocess
import sys
import threading
import time

from local.companion import Companion
from tests.faults.processes import is_gone


class Kept:
    """What was started, and what was said of it."""

    def __init__(self, program: str) -> None:
        self.program = program
        self.started: list[subprocess.Popen[bytes]] = []
        self.said: list[int] = []
        self.again = threading.Semaphore(0)

    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-c", self.program])
        self.started.append(process)
        self.again.release()
        return process


def test_one_that_ends_is_started_again_and_the_last_one_is_stopped() -> None:
    kept = Kept("import time; time.sleep(60)")

    with Companion(kept.start, kept.said.append, pause=0.05):
        assert kept.again.acquire(timeout=5)
        kept.started[0].kill()
        assert kept.again.acquire(timeout=5)
        began = time.monotonic()

    assert time.monotonic() - began < 5
    assert kept.said == [-9]
    assert len(kept.started) == 2
    assert all(is_gone(process.pid) for process in kept.started)


def test_one_that_cannot_run_costs_a_start_now_and_then() -> None:
    kept = Kept("raise SystemExit(1)")

    with Companion(kept.start, kept.said.append, pause=0.2):
        time.sleep(1)

    assert set(kept.said) == {1}
    assert 1 <= len(kept.started) <= 5


def test_one_that_does_not_stop_is_killed() -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    kept = Kept(deaf)

    companion = Companion(kept.start, kept.said.append, patience=0.5)
    with companion:
        assert kept.again.acquire(timeout=5)
        time.sleep(0.3)
        began = time.monotonic()

    assert time.monotonic() - began < 5
    assert is_gone(kept.started[0].pid)
