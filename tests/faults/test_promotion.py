"""Whoever promotes may be killed at any step: one of two versions is served, and it is told why."""

from pathlib import Path

from monitor.database import Database, MonitorConnection
from retraining import changes, promotion, records
from retraining.champion import champion
from tests.bundles import fit
from tests.faults.conftest import Record
from tests.faults.processes import wait_until
from tests.faults.rig import FULL, Rig
from tests.faults.scenario import survived
from tests.retraining.killed import EVIDENCE, NOW, POLICY, STEPS, run_killed
from tests.retraining.ledger import approve, models, propose

_STEPS = STEPS if FULL else ("begun", "current")


def test_killed_at_each_step(rig: Rig, record: Record, tmp_path: Path) -> None:
    store, versions = models(tmp_path / "models", fit(), 2)
    rig.service(MODELS_DIR=str(store.root), MODEL_POLL_SECONDS="0.2").start()
    own = Database(rig.retraining_url, lambda: None)

    with (
        own.connection() as connection,
        survived(rig, record, f"promotion killed at {len(_STEPS)} steps", times_healthy=None),
    ):
        for step in _STEPS:
            case_id = propose(connection, *versions)
            approve(connection, case_id)
            run_killed(step, "promote", rig.retraining_url, store.root, case_id)
            changes.settle(connection, store)
            if store.active() == versions[0]:
                promotion.promote(
                    *(connection, store, case_id),
                    policy_sha256=POLICY,
                    evidence=lambda _: EVIDENCE,
                    by="Bob",
                    at=NOW,
                )
            await_serving(rig, versions[1])
            promotion.roll_back(connection, store, by="Bob", reason="Worse.", at=NOW)
            await_serving(rig, versions[0])

    assert everything_served(connection, rig) == [
        "by_hand",
        *["approved", "rolled_back"] * len(_STEPS),
    ]
    own.close()
    served = rig.sql("SELECT DISTINCT model_version FROM prediction_log ORDER BY 1")
    assert served == [(version,) for version in sorted(versions)]


def await_serving(rig: Rig, version: str) -> None:
    last = "SELECT model_version FROM model_activation ORDER BY activated_at DESC LIMIT 1"
    wait_until(lambda: rig.sql(last) == [(version,)], seconds=20, what=f"{version} is served")


def everything_served(connection: MonitorConnection, rig: Rig) -> list[str]:
    """On whose word each activation was, by the ledger, whose chain is whole."""
    activations = rig.sql("SELECT activated_at FROM model_activation ORDER BY activated_at")
    # The api has ended, which is no reason to forget what it served.
    rig.sql("UPDATE log_counter SET ended_at = NULL")
    with connection.attempt():
        found = records.read(connection)
        assert records.first_broken(found) is None
        served = [champion(connection, found, at) for (at,) in activations]
    return [each.how for each in served if each is not None]
