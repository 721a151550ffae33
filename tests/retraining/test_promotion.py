"""Only what was approved becomes active, and whatever happens there is one outcome."""

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contract import durable
from contract.bundle_errors import BundleDamaged, BundleError, BundleMissing, BundleUnsigned
from contract.signature import SigningKeys
from contract.store import ModelStore, StoreError
from db.log.errors import PostgresAway
from monitor.database import Database as Connections
from monitor.database import MonitorConnection
from retraining import approvals, changes, promotion, records
from retraining.cases import Case, case_of
from retraining.errors import DecisionRefused, PromotionRefused, RecordMissing
from retraining.records import Record
from tests.bundles import fit
from tests.conftest import Database
from tests.retraining.killed import EVIDENCE, NOW, POLICY, STEPS, run_killed
from tests.retraining.ledger import approve, connections, kinds, models, propose


@dataclass(frozen=True)
class Service:
    """A ledger and a store; `a` is active, `b` and `c` are published."""

    database: Database
    own: Connections
    connection: MonitorConnection
    store: ModelStore
    versions: list[str]

    def approved(self, champion: int = 0, challenger: int = 1) -> int:
        """A case that was approved."""
        case_id = propose(self.connection, self.versions[champion], self.versions[challenger])
        approve(self.connection, case_id)
        return case_id

    def promote(self, case_id: int, **more: Any) -> Record:
        return promote(self.connection, self.store, case_id, **more)

    def roll_back(self) -> Record:
        return promotion.roll_back(self.connection, self.store, by="Bob", reason="Worse.", at=NOW)

    @property
    def active(self) -> int:
        """The place of the active version."""
        return self.versions.index(self.store.active() or "")

    def kinds(self) -> list[str]:
        return kinds(self.connection)

    def case(self, case_id: int) -> Case:
        with self.connection.attempt():
            return case_of(records.read(self.connection), case_id, NOW)

    def kill(self, step: str, what: str, case_id: int = 0) -> None:
        """Begin it in another process, which is killed at a step."""
        run_killed(step, what, self.database.url("retraining"), self.store.root, case_id)


def promote(
    connection: MonitorConnection,
    store: ModelStore,
    case_id: int,
    *,
    policy: str = POLICY,
    evidence: str = EVIDENCE,
    by: str = "Bob",
) -> Record:
    return promotion.promote(
        *(connection, store, case_id),
        policy_sha256=policy,
        evidence=lambda _: evidence,
        by=by,
        at=NOW,
    )


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    root = tmp_path_factory.mktemp("promotion") / "models"
    _, versions = models(root, fit())
    return root, versions


@pytest.fixture
def service(
    database: Database, published: tuple[Path, list[str]], tmp_path: Path
) -> Iterator[Service]:
    root, versions = published
    shutil.copytree(root, tmp_path / "models")
    own = connections(database)
    with own.connection() as connection:
        yield Service(database, own, connection, ModelStore(tmp_path / "models"), versions)
        connection.close()


def test_what_was_approved_becomes_active_and_goes_back(service: Service) -> None:
    case_id = service.approved()

    promoted = service.promote(case_id)

    assert service.active == 1
    assert promoted.content == {
        "from": service.versions[0],
        "to": service.versions[1],
        "begun": 3,
        "problem": None,
    }
    assert (promoted.written_by, promoted.at) == ("Bob", NOW)
    rolled_back = service.roll_back()
    assert service.active == 0
    assert rolled_back.case_id == case_id
    assert service.kinds()[2:] == ["promoting", "promoted", "rolling_back", "rolled_back"]
    assert service.case(case_id).state == "rolled_back"
    with pytest.raises(DecisionRefused, match="no promotion is there to be taken back"):
        service.roll_back()


def test_promotions_are_taken_back_one_after_the_other(service: Service) -> None:
    service.promote(service.approved(0, 1))
    service.promote(service.approved(1, 2))

    seen = [service.active]
    for _ in range(2):
        service.roll_back()
        seen.append(service.active)

    assert seen == [2, 1, 0]
    assert service.store.previous() is None


@pytest.mark.parametrize("state", ["proposed", "rejected", "promoted", "rolled_back", "expired"])
def test_what_is_not_approved_is_not_promoted(service: Service, state: str) -> None:
    complaint = "is not approved" if state == "proposed" else f"is {state}"
    case_id = propose(service.connection, *service.versions[:2])
    at = NOW
    match state:
        case "rejected":
            word = {"by": "Ann", "reason": "No.", "at": NOW}
            approvals.reject(service.connection, case_id, **word)  # type: ignore[arg-type]
        case "promoted" | "rolled_back":
            approve(service.connection, case_id)
            service.promote(case_id)
            if state == "rolled_back":
                service.roll_back()
        case "expired":
            approve(service.connection, case_id)
            at = NOW + timedelta(days=14)
    before = service.kinds(), service.active

    with pytest.raises(DecisionRefused, match=complaint):
        promotion.promote(
            *(service.connection, service.store, case_id),
            policy_sha256=POLICY,
            evidence=lambda _: EVIDENCE,
            by="Bob",
            at=at,
        )

    assert (service.kinds(), service.active) == before


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"policy": "c" * 64}, "the policy is another one"),
        ({"evidence": "c" * 64}, "the evidence is another one"),
    ],
)
def test_what_changed_since_the_approval_ends_the_case(
    service: Service, changed: dict[str, str], complaint: str
) -> None:
    case_id = service.approved()

    with pytest.raises(PromotionRefused, match=complaint):
        service.promote(case_id, **changed)

    assert service.active == 0
    assert service.case(case_id).state == "refused"
    assert complaint in service.case(case_id).last.content["problem"]
    with pytest.raises(DecisionRefused, match="is refused"):
        service.promote(case_id)


def test_another_champion_ends_the_case(service: Service) -> None:
    case_id = service.approved()
    service.store.activate(service.versions[2])

    with pytest.raises(PromotionRefused, match=f"{service.versions[2]} now, and was"):
        service.promote(case_id)

    assert service.active == 2
    assert service.case(case_id).state == "refused"


def test_a_look_between_is_another_evidence(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody looks and approves again while the challenger is loaded."""
    case_id = service.approved()
    load = ModelStore.load

    def look_and_load(store: ModelStore, version: str) -> Any:
        with service.own.connection() as other, other.attempt():
            records.enter(other)
            content = dict(service.case(case_id).proposal.content)
            for kind, what in (("looked", content), ("approved", {"reason": "Still."})):
                by = "Ann" if kind == "approved" else "retraining"
                records.append(other, kind, what, case_id=case_id, at=NOW, by=by)  # type: ignore[arg-type]
        return load(store, version)

    monkeypatch.setattr(ModelStore, "load", look_and_load)

    with pytest.raises(PromotionRefused, match="the evidence is another one"):
        service.promote(case_id)

    assert service.active == 0


def test_a_challenger_that_is_gone_damaged_or_not_signed_is_not_promoted(service: Service) -> None:
    case_id = service.approved()
    keyed = ModelStore(service.store.root, SigningKeys(["k" * 32]))
    challenger = service.store.path(service.versions[1])

    refusals: list[type[BundleError]] = []
    for store in (keyed, service.store, service.store):
        with pytest.raises(BundleError) as refusal:
            promote(service.connection, store, case_id)
        refusals.append(refusal.type)
        if len(refusals) == 1:
            (challenger / "model.treelite").write_bytes(b"")
        else:
            shutil.rmtree(challenger, ignore_errors=True)

    assert refusals == [BundleUnsigned, BundleDamaged, BundleMissing]
    assert service.active == 0
    assert service.kinds() == ["proposed", "approved"]


def test_a_store_without_room_changes_nothing_and_says_so(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = service.approved()
    write = durable.write

    def full(path: Path, content: bytes) -> None:
        if path.name == ".current-staged":
            raise OSError(28, "No space left on device", str(path))
        write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(durable, "write", full)
        with pytest.raises(StoreError, match="No space left"):
            service.promote(case_id)
    refused = service.case(case_id)

    assert (refused.state, refused.last.kind) == ("approved", "undone")
    assert "No space left" in refused.last.content["problem"]
    service.promote(case_id)
    assert service.active == 1


def test_while_postgres_is_away_nothing_is_begun(service: Service) -> None:
    case_id = service.approved()
    service.database.query(f"ALTER DATABASE {service.database.name} CONNECTION LIMIT 0")
    terminate(service)

    with pytest.raises(PostgresAway):
        service.promote(case_id)

    service.database.query(f"ALTER DATABASE {service.database.name} CONNECTION LIMIT -1")
    assert service.active == 0
    assert service.case(case_id).state == "approved"


def test_what_became_active_while_postgres_went_away_is_written_down_by_the_next_command(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = service.approved()
    make_active = changes._make_active

    def and_lose_postgres(*given: Any) -> None:
        make_active(*given)
        terminate(service)

    with monkeypatch.context() as patch:
        patch.setattr(changes, "_make_active", and_lose_postgres)
        with pytest.raises(RecordMissing, match=f"{service.versions[1]} is active"):
            service.promote(case_id)
    assert service.case(case_id).state == "promoting"

    settled = service.promote(case_id)

    assert (settled.kind, settled.content["problem"]) == ("promoted", "it was interrupted")
    assert service.active == 1
    assert service.kinds()[2:] == ["promoting", "promoted"]


def terminate(service: Service) -> None:
    service.database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'retraining'"
        " AND datname = current_database()"
    )


@pytest.mark.parametrize("step", STEPS)
def test_a_promotion_that_was_killed_is_finished_or_undone(service: Service, step: str) -> None:
    case_id = service.approved()
    service.kill(step, "promote", case_id)
    is_active = step in ("current", "done")
    assert service.active == int(is_active)

    settled = changes.settle(service.connection, service.store)

    if step == "before_begun":
        assert settled is None
    else:
        assert settled is not None
        assert settled.kind == ("promoted" if is_active else "undone")
    assert service.active == int(is_active)
    assert service.case(case_id).state == ("promoted" if is_active else "approved")
    assert changes.settle(service.connection, service.store) is None
    if not is_active:
        service.promote(case_id)
    assert service.active == 1
    service.roll_back()
    assert service.active == 0


@pytest.mark.parametrize("step", ["begun", "current"])
def test_a_rollback_that_was_killed_is_finished_or_undone(service: Service, step: str) -> None:
    case_id = service.approved()
    service.promote(case_id)
    service.kill(step, "roll_back")

    if step == "begun":
        service.roll_back()
    else:
        with pytest.raises(DecisionRefused, match="no promotion is there"):
            service.roll_back()

    assert service.active == 0
    assert service.case(case_id).state == "rolled_back"


@pytest.mark.parametrize(("step", "state"), [("begun", "approved"), ("current", "promoted")])
def test_what_somebody_activates_after_the_kill_hides_nothing(
    service: Service, step: str, state: str
) -> None:
    case_id = service.approved()
    service.kill(step, "promote", case_id)
    service.store.activate(service.versions[2])

    changes.settle(service.connection, service.store)

    assert service.active == 2
    assert service.case(case_id).state == state


def test_of_two_promoters_at_once_one_promotes(service: Service) -> None:
    """Two of one case, and two of another, which the first makes impossible."""
    cases = [service.approved(0, 1), service.approved(0, 2)]
    start = threading.Barrier(4)
    outcomes: list[str] = []

    def run(case_id: int) -> None:
        with service.own.connection() as connection:
            start.wait()
            try:
                outcomes.append(promote(connection, service.store, case_id).kind)
            except (DecisionRefused, PromotionRefused) as error:
                outcomes.append(type(error).__name__)
            connection.close()

    threads = [threading.Thread(target=run, args=(case_id,)) for case_id in cases * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == [
        "DecisionRefused",
        "DecisionRefused",
        "PromotionRefused",
        "promoted",
    ]
    first, second = (service.case(case_id).state for case_id in cases)
    assert {first, second} == {"promoted", "refused"}
    assert service.active == (1 if first == "promoted" else 2)
    with service.connection.attempt():
        assert records.first_broken(records.read(service.connection)) is None


def test_a_rollback_is_not_of_what_somebody_chose_since(service: Service) -> None:
    service.promote(service.approved())
    service.store.activate(service.versions[2])

    with pytest.raises(DecisionRefused, match="which somebody chose after case 1"):
        service.roll_back()

    assert service.active == 2


def test_what_died_while_the_lock_was_waited_for_is_settled_first(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the other promoter had been killed after this one had looked for the like."""
    killed, other = service.approved(0, 1), service.approved(0, 2)
    service.kill("begun", "promote", killed)
    monkeypatch.setattr(promotion, "settle", lambda *_: None)

    service.promote(other)

    assert (service.case(killed).state, service.case(other).state) == ("approved", "promoted")
    assert service.active == 2


def test_a_silent_postgres_is_given_up_and_the_store_let_go(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = service.approved()
    make_active = changes._make_active
    frozen: list[int] = []

    def and_freeze_postgres(*given: Any) -> None:
        make_active(*given)
        ((pid,),) = service.connection.rows("SELECT pg_backend_pid()")
        os.kill(pid, signal.SIGSTOP)
        frozen.append(pid)

    with monkeypatch.context() as patch:
        patch.setattr(changes, "_make_active", and_freeze_postgres)
        patch.setattr(changes, "_PATIENCE_SECONDS", 0.3)
        try:
            with pytest.raises(RecordMissing):
                service.promote(case_id)
        finally:
            for pid in frozen:
                os.kill(pid, signal.SIGCONT)

    settled = changes.settle(service.connection, service.store)
    assert settled is not None
    assert settled.kind == "promoted"


def test_what_the_policy_lets_go_by_itself_needs_no_approval(service: Service) -> None:
    case_id = propose(service.connection, *service.versions[:2])
    nothing = propose(service.connection, service.versions[0], None)

    def promote_with(case: int, *autonomous: str) -> Record:
        return promotion.promote(
            *(service.connection, service.store, case),
            policy_sha256=POLICY,
            evidence=lambda _: EVIDENCE,
            autonomous=autonomous,
            by="cron",
            at=NOW,
        )

    for case, autonomous in ((case_id, "threshold"), (nothing, "wait")):
        with pytest.raises(DecisionRefused, match="is not approved"):
            promote_with(case, autonomous)
    promote_with(case_id, "threshold", "recalibrate")

    assert service.active == 1
    begun = service.case(case_id).promotion
    assert begun is not None
    assert begun.content["approved_by"] is None
