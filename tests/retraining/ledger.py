"""A ledger with cases in it, and tiny models that a promotion can make active."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from contract.provenance import Provenance
from contract.store import ModelStore
from monitor.database import Database as Connections
from monitor.database import MonitorConnection
from retraining import approvals, records
from retraining.records import Record
from tests.bundles import Fitted, files_of
from tests.conftest import Database
from tests.gmsc import SCHEMA
from tests.retraining.killed import EVIDENCE, NOW, POLICY


def connections(database: Database) -> Connections:
    return Connections(database.url("retraining"), lambda: None)


def proposal(champion: str, challenger: str | None, **more: Any) -> dict[str, Any]:
    verdict = "recalibrate" if challenger else "wait"
    return {
        "proposal": {
            "verdict": verdict,
            "rung": "intercept",
            "reason": "It pays.",
            "next_look": None,
        },
        "champion": champion,
        "challenger": challenger,
        "policy": {"sha256": POLICY},
        "evidence_sha256": EVIDENCE,
        "expires_at": records.rfc3339(NOW + timedelta(days=14)),
        **more,
    }


def propose(
    connection: MonitorConnection,
    champion: str,
    challenger: str | None,
    *,
    at: datetime = NOW,
    by: str = "retraining",
    **more: Any,
) -> int:
    """Open a case; its number."""
    content = proposal(champion, challenger, **more)
    with connection.attempt():
        records.enter(connection)
        record = records.append(connection, "proposed", content, case_id=None, at=at, by=by)
    return record.case_id


def approve(connection: MonitorConnection, case_id: int, by: str = "Ann") -> Record:
    return approvals.approve(connection, case_id, by=by, reason="It pays.", at=NOW)


def kinds(connection: MonitorConnection) -> list[str]:
    with connection.attempt():
        return [record.kind for record in records.read(connection)]


def models(root: Path, fitted: Fitted, count: int = 3) -> tuple[ModelStore, list[str]]:
    """A store with versions that load, of which the first is active."""
    store = ModelStore(root)
    versions = []
    for seed in range(count):
        provenance = Provenance(SCHEMA, f"{seed}" * 64, is_sample=False, settings={"seed": seed})
        store.publish(provenance.version, files_of(fitted, provenance))
        versions.append(provenance.version)
    store.activate(versions[0])
    return store, versions
