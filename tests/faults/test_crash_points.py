"""The api ends at each named point of the write path, as by kill -9, and nothing is lost."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.conftest import Record
from tests.faults.load import UNKNOWN
from tests.faults.processes import wait_until
from tests.faults.rig import Rig, pause
from tests.faults.scenario import survived
from tests.faults.service import Service

KILLED = 137

Reach = Callable[[Rig, Service, Path], None]


def _at_once(_rig: Rig, _service: Service, switch: Path) -> None:
    switch.touch()


def _without_postgres(rig: Rig, _service: Service, switch: Path) -> None:
    """Only then are answers given for what is synced."""
    rig.network("cut")
    pause(0.5)
    switch.touch()


def _in_a_replay(rig: Rig, _service: Service, switch: Path) -> None:
    """What may have been sent before goes through a temporary table, in a transaction."""
    rig.network("cut")
    pause(0.5)
    switch.touch()
    rig.network("pass")


def _with_an_orphan(rig: Rig, service: Service, switch: Path) -> None:
    """A directory to adopt, and to remove."""
    rig.network("cut")
    pause(0.5)
    service.kill()
    # Ready, it has tried out the spool, in a directory that goes as well.
    service.start()
    switch.touch()
    rig.network("pass")


def _in_a_new_process(_rig: Rig, service: Service, switch: Path) -> None:
    service.kill()
    switch.touch()
    service.launch()


# The quick form takes one point of each kind.
_LONG = pytest.mark.slow_faults


@pytest.mark.parametrize(
    ("point", "reach"),
    [
        pytest.param("before the write", _at_once, marks=_LONG),
        ("in the middle of the write", _at_once),
        pytest.param("after the write", _at_once, marks=_LONG),
        pytest.param("after the write", _without_postgres, marks=_LONG),
        ("before the fsync", _without_postgres),
        ("after the fsync, before the answer", _without_postgres),
        ("after the COPY, before COMMIT", _in_a_replay),
        ("after COMMIT, before the segment goes", _at_once),
        pytest.param("after COMMIT, before the segment goes", _in_a_replay, marks=_LONG),
        pytest.param("before the segment goes", _at_once, marks=_LONG),
        pytest.param("after the segment went", _at_once, marks=_LONG),
        ("while a directory goes", _with_an_orphan),
        pytest.param("before a directory has its name", _in_a_new_process, marks=_LONG),
    ],
)
def test_the_process_ends(
    rig: Rig, record: Record, tmp_path: Path, point: str, reach: Reach
) -> None:
    switch = tmp_path / "switch"
    fault = {"tear": True} if point == "in the middle of the write" else {"crash": point}
    service = rig.service(faults={**fault, "arm": str(switch)}, LOG_SEGMENT_BYTES="65536")
    service.start()
    name = f"api ends {point} ({reach.__name__.strip('_').replace('_', ' ')})"

    with survived(rig, record, name, allowed=frozenset({UNKNOWN}), times_healthy=None):
        reach(rig, service, switch)
        wait_until(lambda: service.ended, seconds=15, what=f"the api reaches: {point}")
        code = service.process and service.process.returncode
        rig.network("pass")
        service.faults = {}
        service.start()

    assert code == KILLED, service.log.read_text()[-2000:]
