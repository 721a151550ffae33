"""What may happen to the api: it is killed, stopped, doubled, replaced by a newer one."""

import random
import signal
from pathlib import Path

import pytest

from tests.faults.conftest import Record
from tests.faults.load import UNKNOWN
from tests.faults.power import Notes
from tests.faults.processes import descendants, resident_bytes, send, wait_until
from tests.faults.proxy import Mode
from tests.faults.rig import FULL, Rig, pause
from tests.faults.scenario import survived
from tests.faults.server import Server

CUT_OFF = frozenset({UNKNOWN})
STOPPING = frozenset({UNKNOWN, 503})


@pytest.mark.timeout(600)
def test_killed_again_and_again(rig: Rig, record: Record) -> None:
    """Kill -9 at random moments, of which many lie in an outage or in the drain after it."""
    moments = random.Random(5)
    kills = 50 if FULL else 5
    rig.api.start()

    with survived(rig, record, f"api killed {kills} times", allowed=CUT_OFF, times_healthy=None):
        for number in range(kills):
            if number % 3 == 1:
                rig.network("cut")
            pause(moments.uniform(0, 1))
            if number % 3 == 2:
                rig.network("pass")
                pause(moments.uniform(0, 0.3))
            rig.api.kill()
            rig.api.start()
        rig.network("pass")


@pytest.mark.parametrize(
    "network", ["pass", "cut", pytest.param("black_hole", marks=pytest.mark.slow_faults)]
)
def test_stopped_under_load(rig: Rig, record: Record, network: Mode) -> None:
    """SIGTERM: what is in flight is answered, and the process ends in time."""
    rig.api.start()

    with survived(
        rig,
        record,
        f"api stopped (SIGTERM), network to Postgres: {network.replace('_', ' ')}",
        allowed=STOPPING,
        times_healthy=None,
    ):
        rig.network(network)
        pause(0.5)
        seconds = rig.api.stop()
        code = rig.api.process and rig.api.process.returncode
        rig.network("pass")
        rig.api.start()

    assert seconds < 10
    assert code == 0


def test_two_workers_of_which_one_is_killed(rig: Rig, record: Record) -> None:
    service = rig.service(WORKERS="2")
    service.start()

    with survived(rig, record, "one of two workers killed", allowed=CUT_OFF):
        for _ in range(2 if FULL else 1):
            # The largest: beside the workers there is multiprocessing's own process.
            worker = max(descendants(service.pid)[1:], key=resident_bytes)
            send([worker], signal.SIGKILL)
            pause(3)


def test_two_apis_of_which_one_is_gone_for_good(rig: Rig, record: Record) -> None:
    """In an outage, so that what it answered is nowhere but in the spool that they share."""
    first, second = rig.service(), rig.service()
    first.start()
    second.start()

    with survived(
        rig, record, "one of two apis gone for good, in an outage", first, second, allowed=CUT_OFF
    ) as load:
        rig.network("cut")
        pause(1.5)
        first.kill()
        load.ports = [second.port]
        pause(1)
        rig.network("pass")
        second.wait_for_state("normal")


@pytest.mark.parametrize(
    "order",
    ["to a newer row", pytest.param("back to an older row", marks=pytest.mark.slow_faults)],
)
def test_a_rolling_restart_with_rows_in_the_spool(rig: Rig, record: Record, order: str) -> None:
    """Each release drains what the other one spooled, in its own form."""
    rig.sql("ALTER TABLE prediction_log ADD COLUMN newer_column integer")
    newer = {"newer_row": True}
    forward = order == "to a newer row"
    service = rig.service(faults={} if forward else newer)
    service.start()

    with survived(rig, record, f"rolling restart {order}", allowed=CUT_OFF, times_healthy=None):
        rig.network("cut")
        pause(1)
        service.kill()
        service.faults = newer if forward else {}
        service.start()
        pause(1)
        rig.network("pass")

    with_it = rig.sql("SELECT count(newer_column), count(*) FROM prediction_log")[0]
    assert 0 < with_it[0] < with_it[1]


@pytest.mark.slow_faults
def test_an_orphan_that_cannot_be_stored_yet_holds_up_no_live_row(rig: Rig, record: Record) -> None:
    """A newer release left rows whose column the database lacks; this one serves as ever."""
    service = rig.service(faults={"newer_row": True})
    service.start()

    with survived(
        rig, record, "an orphan with an unknown column", allowed=CUT_OFF, times_healthy=None
    ):
        rig.network("cut")
        pause(1)
        service.kill()
        rig.network("pass")
        service.faults = {}
        service.start()
        pause(4)
        states = set()
        for _ in range(50):
            pause(0.02)
            states.add(service.log_state()["state"])
        rig.sql("ALTER TABLE prediction_log ADD COLUMN newer_column integer")
        wait_until(
            lambda: len(list(rig.spool.glob("*-*"))) == 1,
            seconds=20,
            what="the orphan is drained",
        )

    assert "postgres_away" not in states


@pytest.mark.slow_faults
def test_the_whole_machine_loses_power(rig: Rig, record: Record, tmp_path: Path) -> None:
    """Three times, with Postgres away: what was not synced is gone, and was not answered."""
    notes = Notes(tmp_path / "notes")
    service = rig.service(faults={"note_synced": str(tmp_path / "notes")})
    service.start()

    with survived(
        rig, record, "power cut (unsynced bytes gone)", allowed=CUT_OFF, times_healthy=None
    ):
        rig.network("cut")
        for _ in range(3):
            pause(1)
            service.kill()
            notes.cut_power(rig.spool)
            service.start()
        rig.network("pass")


@pytest.mark.timeout(120)
def test_everything_at_once(rig: Rig, server: Server, record: Record) -> None:
    """Postgres killed; the api stopped, started, killed, started without it; Postgres back."""
    rig.api.start()

    with survived(
        rig,
        record,
        "Postgres killed; api stopped, started, killed, started; Postgres started",
        allowed=STOPPING,
        times_healthy=None,
    ):
        server.kill()
        pause(0.5)
        rig.api.stop()
        rig.api.start()
        pause(0.5)
        rig.api.kill()
        rig.api.start()
        pause(0.5)
        server.start()
        rig.api.wait_for_state("normal")
