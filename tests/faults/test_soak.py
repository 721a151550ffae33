"""Minutes of load with a fault every few seconds: nothing is lost, and nothing grows."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.conftest import Record
from tests.faults.load import UNKNOWN
from tests.faults.rig import Rig, pause
from tests.faults.scenario import survived
from tests.faults.server import Server

_FAULTS = 40

Fault = Callable[[Rig, Server], None]


@pytest.mark.slow_faults
@pytest.mark.timeout(900)
def test_one_fault_after_another(rig: Rig, server: Server, record: Record) -> None:
    """One process lives through all of them but its own death, half way."""
    choice = random.Random(3)
    rig.api.start()
    files = []

    with survived(
        rig,
        record,
        f"{_FAULTS} faults of Postgres and the network in turn",
        allowed=frozenset({UNKNOWN}),
        times_healthy=None,
    ):
        for number in range(_FAULTS):
            choice.choice(_KINDS)(rig, server)
            rig.api.wait_for_state("normal", seconds=30)
            pause(1)
            if number == _FAULTS // 2:
                rig.api.kill()
                rig.api.start()
            elif number > _FAULTS // 2:
                files.append(_open_files(rig))

    assert max(files) <= min(files) + 10
    assert rig.memory["during"] < 1.3 * rig.memory["before"]


def _cut(rig: Rig, _server: Server) -> None:
    rig.network("cut")
    pause(3)
    rig.network("pass")


def _black_hole(rig: Rig, _server: Server) -> None:
    rig.network("black_hole")
    pause(3)
    rig.network("pass")


def _slow(rig: Rig, _server: Server) -> None:
    rig.network("slow")
    pause(2)
    rig.network("pass")


def _lose_a_reply(rig: Rig, _server: Server) -> None:
    rig.network("lose_replies")
    pause(0.5)


def _kill(rig: Rig, server: Server) -> None:
    server.kill()
    pause(1)
    server.start()


def _freeze(rig: Rig, server: Server) -> None:
    with server.frozen():
        pause(3)


_KINDS: list[Fault] = [_cut, _black_hole, _slow, _lose_a_reply, _kill, _freeze]


def _open_files(rig: Rig) -> int:
    return sum(1 for _ in Path(f"/proc/{rig.api.pid}/fd").iterdir())
