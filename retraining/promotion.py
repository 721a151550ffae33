"""From an approved case to what is served, and back; each is one step, or none."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from contract.store import ModelStore
from monitor.database import MonitorConnection
from retraining import records
from retraining.approvals import a_reason
from retraining.cases import Case, case_now, cases_of
from retraining.changes import change, settle
from retraining.errors import DecisionRefused, PromotionRefused
from retraining.records import Record

Evidence = Callable[[Case], str]
"""The digest of a case's evidence, made again from what the database holds now."""


class _Changed(Exception):
    """What a promotion would go by is not what was approved."""


def promote(
    connection: MonitorConnection,
    store: ModelStore,
    case_id: int,
    *,
    policy_sha256: str,
    evidence: Evidence,
    autonomous: Collection[str] = (),
    by: str,
    at: datetime,
) -> Record:
    """Make the challenger of an approved case active: the record `promoted`.

    Of the verdicts in `autonomous`, as the policy has them, one need not be approved.

    Nothing is changed where it raises: DecisionRefused where the case is not approved;
    PromotionRefused, with a record, where champion, policy or evidence are not those of the
    approval; BundleError where the challenger does not load, bears no signature where keys ask for
    one, or the store cannot be written; PostgresAway. RecordMissing: it is active.
    """
    settled = settle(connection, store)
    if settled is not None and (settled.case_id, settled.kind) == (case_id, "promoted"):
        return settled
    with connection.attempt():
        case = _approved(records.read(connection, case_id), case_id, at, autonomous)
    # Before the lock is held, for they take their time.
    store.load(_challenger(case))
    found = evidence(case)

    def begin(all_records: list[Record], active: str | None) -> tuple[int, dict[str, Any]]:
        now = _approved(all_records, case_id, at, autonomous)
        problems = _problems(case, now, active, policy_sha256, found)
        if problems:
            raise _Changed("; ".join(problems))
        content = {"from": now.terms.champion, "to": _challenger(now)}
        approver = None if now.decision is None else now.decision.written_by
        return case_id, content | {"approved_by": approver}

    try:
        return change(connection, store, "promoting", begin, by=by, at=at)
    except _Changed as changed:
        with connection.attempt():
            records.enter(connection)
            _approved(records.read(connection, case_id), case_id, at, autonomous)
            content = {"problem": str(changed)}
            records.append(connection, "refused", content, case_id=case_id, at=at, by=by)
        raise PromotionRefused(
            f"case {case_id} is not promoted, and ends: {changed}. Propose again"
        ) from changed


def roll_back(
    connection: MonitorConnection, store: ModelStore, *, by: str, reason: str, at: datetime
) -> Record:
    """Make active again what was before the last promotion: the record `rolled_back`.

    It asks nobody, for what it goes back to was approved, or chosen by a person. Raises as
    `promote`; DecisionRefused where there is no promotion to take back.
    """
    reason = a_reason(reason)
    settle(connection, store)
    with connection.attempt():
        store.load(_promotion(records.read(connection), store.active()).content["from"])

    def begin(all_records: list[Record], active: str | None) -> tuple[int, dict[str, Any]]:
        begun = _promotion(all_records, active)
        content = {"from": begun.content["to"], "to": begun.content["from"], "reason": reason}
        return begun.case_id, content

    return change(connection, store, "rolling_back", begin, by=by, at=at)


def _approved(found: list[Record], case_id: int, at: datetime, autonomous: Collection[str]) -> Case:
    case = case_now(found, case_id, at)
    if case.state == "proposed" and case.changes_something and case.terms.verdict in autonomous:
        return case
    if case.state == "proposed":
        raise DecisionRefused(f"case {case_id} is not approved: `retraining approve {case_id}`")
    if case.state != "approved":
        raise DecisionRefused(f"case {case_id} is {case.state}: see `retraining show {case_id}`")
    return case


def _challenger(case: Case) -> str:
    assert case.terms.challenger is not None, "approve() refuses a case without one"
    return case.terms.challenger


def _problems(
    before: Case, case: Case, active: str | None, policy_sha256: str, evidence_sha256: str
) -> list[str]:
    """What is not as it was when the case was approved, as sentences."""
    terms, problems = case.terms, []
    if active != terms.champion:
        problems.append(f"the champion is {active or 'none'} now, and was {terms.champion}")
    if policy_sha256 != terms.policy_sha256:
        problems.append("the policy is another one")
    if before.proposal.hash != case.proposal.hash or evidence_sha256 != terms.evidence_sha256:
        problems.append("the evidence is another one: rows or their outcomes changed since")
    return problems


def _promotion(found: list[Record], active: str | None) -> Record:
    """The last promotion that was not taken back; raises DecisionRefused."""
    promotions = [
        case.promotion
        for case in cases_of(found)
        if case.state == "promoted" and case.promotion is not None
    ]
    if not promotions:
        raise DecisionRefused(
            "no promotion is there to be taken back: `trainer rollback` goes back by hand"
        )
    last = max(promotions, key=lambda record: record.record_id)
    if active != last.content["to"]:
        raise DecisionRefused(
            f"{active or 'no version'} is active, which somebody chose after case {last.case_id}"
            f" had made {last.content['to']} active: `trainer activate` or `trainer rollback`"
        )
    return last
