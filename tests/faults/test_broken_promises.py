"""The suite sees a broken promise: each is broken on purpose, and the verdict must say so."""

from pathlib import Path

import pytest

from tests.faults.power import Notes
from tests.faults.rig import Rig, pause
from tests.faults.server import Server
from tests.faults.verdict import Verdict


@pytest.mark.parametrize("broken", [None, "answer before the fsync"], ids=["kept", "broken"])
def test_a_power_cut_tells_an_answer_before_the_fsync(
    rig: Rig, tmp_path: Path, broken: str | None
) -> None:
    notes = Notes(tmp_path / "notes")
    faults = {"note_synced": str(tmp_path / "notes")}
    service = rig.service(faults=faults | ({"break": broken} if broken else {}))
    service.start()

    with rig.load():
        pause(1)
        rig.network("cut")
        pause(2)
        service.kill()
    lost = notes.cut_power(rig.spool)
    rig.network("pass")
    service.faults = {}
    service.start()
    verdict = rig.verdict()

    assert verdict.kept is not bool(broken), verdict
    assert verdict.answered > 100
    if broken:
        assert lost > 0
        assert len(verdict.missing) > 10


def test_a_kill_tells_an_answer_before_the_write(rig: Rig) -> None:
    service = rig.service(faults={"break": "answer before the write"})
    service.start()

    verdict = _killed_in_an_outage(rig)

    assert len(verdict.missing) > 10


def test_dropping_rows_on_a_timeout_is_seen(rig: Rig) -> None:
    rig.service(faults={"break": "drop on a timeout"}, LOG_POSTGRES_TIMEOUT_SECONDS="0.5").start()

    with rig.load():
        pause(0.5)
        for _ in range(3):
            rig.network("black_hole")
            pause(1)
            rig.network("pass")
            pause(1)
    verdict = rig.verdict()

    assert verdict.missing, verdict


def test_a_table_without_its_key_is_seen(rig: Rig) -> None:
    """Without PRIMARY KEY (predicted_at, prediction_id) a row that is sent twice is there twice."""
    rig.sql("ALTER TABLE prediction_log DROP CONSTRAINT prediction_log_pkey")
    rig.api.start()

    verdict = _killed_in_an_outage(rig)

    assert len(verdict.twice) > 10, verdict


def test_synchronous_commit_off_is_seen(rig: Rig, server: Server) -> None:
    rig.service(faults={"break": "synchronous_commit=off"}).start()

    with rig.load(rate=600):
        for _ in range(3):
            pause(1)
            server.kill()
            server.start()
            rig.api.wait_for_state("normal")
    verdict = rig.verdict()

    assert verdict.missing, verdict


def _killed_in_an_outage(rig: Rig) -> Verdict:
    """Rows in Postgres and rows in the spool only, then kill -9 and a healthy process."""
    with rig.load():
        pause(1)
        rig.network("cut")
        pause(1)
        rig.api.kill()
    rig.network("pass")
    rig.api.faults = {}
    rig.api.start()
    return rig.verdict()
