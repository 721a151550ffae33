"""Round after round: a trouble is said once, its end as well, and nothing ends the thread."""

import logging
import threading
from typing import NamedTuple

import pytest

from db.log.errors import PostgresAway
from monitor.errors import MonitorError, RollupBusy
from monitor.rounds import Rounds
from tests.faults.processes import wait_until


class Report(NamedTuple):
    hours: int
    seconds: float
    pending: int


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "monitor"]


def test_what_is_the_matter_is_said_when_it_begins_and_when_it_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    script: list[Exception | Report] = [
        Report(3, 0.25, 1),
        Report(0, 0.01, 0),
        PostgresAway("refused"),
        PostgresAway("refused"),
        RollupBusy("somebody else"),
        MonitorError("no bundle"),
        ZeroDivisionError("12345"),
        ZeroDivisionError("12345"),
        Report(0, 0.01, 0),
        Report(0, 0.01, 0),
    ]
    steps = iter(script)

    def once() -> Report:
        step = next(steps)
        if isinstance(step, Exception):
            raise step
        return step

    rounds = Rounds(once, 1)
    for _ in script:
        rounds.attempt()

    assert said(caplog) == [
        "counted", "not counted", "not counted", "a round failed", "counting again",
    ]  # fmt: skip
    counted, away, *_ = caplog.records
    assert counted.__dict__["fields"] == {"hours": 3, "seconds": 0.25, "pending": 1}
    assert away.__dict__["fields"] == {"reason": "refused"}
    assert (rounds.done, rounds.failed, rounds.busy) == (4, 5, 1)


def test_rounds_go_on_until_they_are_stopped() -> None:
    ran = threading.Semaphore(0)

    def once() -> Report:
        ran.release()
        raise PostgresAway("refused")

    rounds = Rounds(once, 0.01)
    rounds.start()

    assert all(ran.acquire(timeout=5) for _ in range(3))
    assert rounds.alive
    rounds.stop()
    assert not rounds.alive


def test_a_long_round_does_not_hold_up_the_end() -> None:
    begun, release = threading.Event(), threading.Event()

    def once() -> Report:
        begun.set()
        release.wait(30)
        return Report(0, 0, 0)

    rounds = Rounds(once, 1)
    rounds.start()
    begun.wait(5)

    stopping = threading.Thread(target=rounds.stop)
    stopping.start()
    stopping.join(5)

    assert not stopping.is_alive()
    release.set()
    wait_until(lambda: not rounds.alive, seconds=5, what="the thread ends with its round")
