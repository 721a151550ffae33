"""A person's word about a case: approved or rejected, by another one than who proposed it."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from contract.text import is_printable
from monitor.database import MonitorConnection
from retraining import records
from retraining.cases import Case, case_now
from retraining.errors import DecisionRefused
from retraining.records import Record

MOST = 1000
"""Characters of a reason."""


def approve(
    connection: MonitorConnection, case_id: int, *, by: str, reason: str, at: datetime
) -> Record:
    """Approve what a case proposes; raises a RetrainingError, or PostgresAway."""
    reason = a_reason(reason)
    with _deciding(connection, case_id, by=by, at=at) as case:
        if not case.changes_something:
            raise DecisionRefused(
                f"case {case_id} proposes `{case.terms.verdict}`, which makes no version active:"
                " there is nothing to approve"
            )
        content = {
            "reason": reason,
            "proposal_hash": case.proposal.hash,
            "challenger": case.terms.challenger,
        }
        return records.append(connection, "approved", content, case_id=case_id, at=at, by=by)


def reject(
    connection: MonitorConnection, case_id: int, *, by: str, reason: str, at: datetime
) -> Record:
    """Reject what a case proposes, also after an approval; raises as `approve`."""
    reason = a_reason(reason)
    with _deciding(connection, case_id, by=by, at=at, also="approved") as case:
        content = {"reason": reason, "proposal_hash": case.proposal.hash}
        return records.append(connection, "rejected", content, case_id=case_id, at=at, by=by)


def a_reason(text: str) -> str:
    """A reason as the ledger keeps it; raises DecisionRefused."""
    text = text.strip()
    if not text or len(text) > MOST or not is_printable(text):
        raise DecisionRefused(f"a reason is a line of 1 to {MOST:,} printable characters")
    return text


@contextmanager
def _deciding(
    connection: MonitorConnection, case_id: int, *, by: str, at: datetime, also: str = ""
) -> Iterator[Case]:
    """The case, for who may decide about it, until what is decided is written."""
    with connection.attempt():
        records.enter(connection)
        case = case_now(records.read(connection, case_id), case_id, at)
        _require_a_decision(case, by, also)
        yield case


def _require_a_decision(case: Case, by: str, also: str) -> None:
    if case.state not in ("proposed", also):
        raise DecisionRefused(f"case {case.case_id} is {case.state}: see `retraining show`")
    if _same(by) in map(_same, case.proposers):
        raise DecisionRefused(
            f"case {case.case_id} was proposed by {records.named(by)}: somebody else decides"
        )


def _same(name: str) -> str:
    """A name as people tell names apart, who do not see capitals or another kind of space."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
