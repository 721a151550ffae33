"""What may happen to the spool: its disk is full, read-only, slow, broken, or gone."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import Record
from tests.faults.load import Load
from tests.faults.processes import wait_until
from tests.faults.rig import Rig, pause
from tests.faults.scenario import survived
from tests.faults.volume import filled, set_read_only, small_volume

_LONG = pytest.mark.slow_faults

REFUSED = frozenset({503})


@pytest.fixture
def volume(rig: Rig) -> Iterator[Path]:
    """The spool on a disk of two megabytes."""
    with small_volume(megabytes=2) as path:
        rig.spool = path
        yield path
        rig.close()


def test_its_disk_full_while_postgres_is_there(rig: Rig, volume: Path, record: Record) -> None:
    rig.api.start()

    with survived(rig, record, "disk of the spool full", times_healthy=None):
        with filled(volume):
            rig.api.wait_for_state("spool_unusable")
            pause(2)
        rig.api.wait_for_state("normal")


def test_its_disk_full_while_postgres_is_away(rig: Rig, volume: Path, record: Record) -> None:
    rig.api.start()

    with survived(rig, record, "disk of the spool full and Postgres away", allowed=REFUSED) as load:
        rig.network("cut")
        pause(1)
        _assert_all_answered(load)
        with filled(volume):
            rig.api.wait_for_state("unavailable")
            pause(1.5)
            assert rig.api.get("/readyz")[0] == 503
            assert rig.api.get("/livez")[0] == 200
        # Room again, still no Postgres.
        rig.api.wait_for_state("postgres_away")
        load.phase = "after"
        rig.network("pass")
        rig.api.wait_for_state("normal")

    _assert_refusals_say_when_to_come_back(load)


def test_its_quota_reached_while_postgres_is_away(rig: Rig, record: Record) -> None:
    quota = 250_000
    rig.service(LOG_SPOOL_MAX_BYTES=str(quota)).start()

    with survived(rig, record, "quota of the spool reached", allowed=REFUSED) as load:
        rig.network("cut")
        rig.api.wait_for_state("spool_high", "unavailable")
        rig.api.wait_for_state("unavailable")
        # Nothing was refused before the spool was full.
        full = rig.api.log_state()["spool_bytes"]
        pause(1)
        load.phase = "after"
        rig.network("pass")
        rig.api.wait_for_state("normal")

    assert full > 0.9 * quota
    _assert_refusals_say_when_to_come_back(load)


def test_read_only_when_the_api_starts(rig: Rig, volume: Path, record: Record) -> None:
    set_read_only(volume, read_only=True)
    rig.api.start()

    with survived(rig, record, "spool read-only", times_healthy=None):
        rig.api.wait_for_state("spool_unusable")
        pause(2)
        set_read_only(volume, read_only=False)
        rig.api.wait_for_state("normal")


def test_read_only_when_the_api_starts_and_postgres_is_slow(
    rig: Rig, volume: Path, record: Record
) -> None:
    """Who says that it is ready can log: not before one of the two is seen to take rows."""
    set_read_only(volume, read_only=True)
    rig.network("black_hole")
    rig.api.launch()
    wait_until(lambda: rig.api.get("/livez")[0] == 200, seconds=30, what="the api lives")
    pause(0.5)
    before = rig.api.get("/readyz")[0]
    state = rig.api.log_state()["state"]

    rig.network("pass")
    wait_until(rig.api.is_ready, seconds=30, what="the api is ready")
    with survived(rig, record, "spool read-only, Postgres slow", times_healthy=None):
        rig.api.wait_for_state("spool_unusable")

    assert before == 503
    assert state == "spool_unusable"


@pytest.mark.parametrize("postgres", [pytest.param("there", marks=_LONG), "away"])
def test_its_directory_removed(rig: Rig, record: Record, postgres: str) -> None:
    """What was answered from it lives on in the open files, and goes to Postgres from there."""
    rig.api.start()

    with survived(rig, record, f"spool directory removed, Postgres {postgres}", times_healthy=None):
        if postgres == "away":
            rig.network("cut")
            pause(1)
        for _ in range(2):
            # While Postgres is there, nothing is missed before the next segment is due.
            shutil.rmtree(rig.spool, ignore_errors=True)
            pause(1)
        rig.network("pass")
        rig.api.wait_for_state("normal")


@pytest.mark.parametrize(
    ("fault", "states"),
    [
        pytest.param({"fdatasync": "slow"}, ("normal", "postgres_away"), marks=_LONG),
        ({"fdatasync": "fail"}, ("normal", "unavailable")),
        ({"fdatasync": "hang"}, ("normal", "unavailable")),
        pytest.param({"write": "no space"}, ("spool_unusable", "unavailable"), marks=_LONG),
    ],
    ids=["fsync-slow", "fsync-fails", "fsync-hangs", "write-fails"],
)
def test_a_disk_that_does_not_do_as_told(
    rig: Rig,
    record: Record,
    tmp_path: Path,
    fault: dict[str, str],
    states: tuple[str, str],
) -> None:
    """Not felt while Postgres is there; without it at worst a 503 in time, until the disk is well.

    `states`: what the log says of itself while Postgres is there, and while it is away.
    """
    switch = tmp_path / "switch"
    rig.service(faults={**fault, "arm": str(switch)}, LOG_WAIT_SECONDS="2").start()
    name = " ".join(f"{call}: {kind}" for call, kind in fault.items())

    with survived(rig, record, f"spool's {name}", allowed=REFUSED, times_healthy=None) as load:
        switch.touch()
        rig.api.wait_for_state(states[0])
        pause(1.5)
        _assert_all_answered(load)
        rig.network("cut")
        rig.api.wait_for_state(states[1])
        pause(1)
        began = time.monotonic()
        alive = rig.api.get("/livez")[0]
        probed = time.monotonic() - began
        switch.unlink()
        rig.api.wait_for_state("postgres_away")
        rig.network("pass")
        rig.api.wait_for_state("normal")

    assert alive == 200
    # An event loop that waited for the disk would answer no probe before the end of the fault.
    assert probed < 3
    # LOG_WAIT_SECONDS, the tick with which it is looked after, and what a busy machine adds.
    assert max(item.seconds for item in load.exchanges) < 4
    _assert_refusals_say_when_to_come_back(load)


def _assert_all_answered(load: Load) -> None:
    statuses = [item.status for item in load.exchanges if item.seconds]
    assert set(statuses) == {200}


def _assert_refusals_say_when_to_come_back(load: Load) -> None:
    assert all(item.retry_after for item in load.exchanges if item.status == 503)
