"""What served at a time, and on whose word: what processes said of themselves, beside the ledger.

Times are the system's here, not business time: it is asked when something was done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from monitor.database import Reader
from retraining.cases import cases_of
from retraining.records import Record, rfc3339

How = Literal["approved", "by_policy", "rolled_back", "by_hand"]

# The api's clock and the server's may differ by so much.
_SKEW = timedelta(minutes=1)

# Of each process that had not ended, what it served; the last that began to comes first.
_SERVED = """
SELECT model_version, activated_at, reason FROM (
    SELECT DISTINCT ON (process_id) process_id, model_version, activated_at, reason
    FROM model_activation WHERE activated_at <= %(at)s
    ORDER BY process_id, activated_at DESC
) AS last
WHERE NOT EXISTS (
    SELECT FROM log_counter AS ended
    WHERE ended.process_id = last.process_id AND ended.ended_at <= %(at)s)
ORDER BY activated_at DESC, model_version
"""
_SINCE = """
SELECT min(activated_at) FROM model_activation
WHERE activated_at <= %(at)s AND activated_at > coalesce((
    SELECT max(activated_at) FROM model_activation
    WHERE activated_at <= %(at)s AND model_version <> %(version)s), '-infinity')
"""
_BEFORE = """
SELECT model_version FROM model_activation
WHERE activated_at < %(at)s AND model_version <> %(version)s ORDER BY activated_at DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Served:
    """The version that the last process to begin served, and what else was being served.

    since: when the first process began to, after any other version. change: the record
    `promoting` or `rolling_back` by which it became active, None where somebody did it by hand.
    """

    version: str
    since: datetime
    how: How
    change: Record | None
    approval: Record | None
    """The record by which somebody approved the case; None where nobody had to."""
    is_pinned: bool
    others: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        change, approval = self.change, self.approval
        return {
            "version": self.version,
            "since": rfc3339(self.since),
            "how": self.how,
            "pinned": self.is_pinned,
            "case": None if change is None else change.case_id,
            "changed_by": None if change is None else change.written_by,
            "reason": None if change is None else change.content.get("reason"),
            "approved_by": None if approval is None else approval.written_by,
            "approved_at": None if approval is None else rfc3339(approval.at),
            "approved_because": None if approval is None else approval.content.get("reason"),
            "others": list(self.others),
        }


def champion(reader: Reader, records: Sequence[Record], at: datetime) -> Served | None:
    """What served at a time, None where nothing that is known did; `records` are all there are."""
    served = reader.rows(_SERVED, {"at": at})
    if not served:
        return None
    version, _, reason = served[0]
    ((since,),) = reader.rows(_SINCE, {"at": at, "version": version})
    since = since.astimezone(UTC)
    change = _change(records, _before(reader, since, version), version, since)
    others = tuple(dict.fromkeys(other for other, *_ in served if other != version))
    how: How = "by_hand"
    approval = None
    if change is not None and change.kind == "promoting":
        approval = _approval(records, change)
        how = "by_policy" if approval is None else "approved"
    elif change is not None:
        how = "rolled_back"
    return Served(version, since, how, change, approval, reason == "pinned", others)


def _before(reader: Reader, since: datetime, version: str) -> str | None:
    rows = reader.rows(_BEFORE, {"at": since, "version": version})
    return rows[0][0] if rows else None


def _change(
    records: Sequence[Record], before: str | None, version: str, since: datetime
) -> Record | None:
    """The one that had made the version active when it began to serve, after another one."""
    begun = {record.record_id: record for record in records}
    done = [
        begun[record.content["begun"]]
        for record in records
        if record.kind in ("promoted", "rolled_back")
    ]
    earlier = [change for change in done if change.written_at <= since]
    if earlier and earlier[-1].content["to"] == version:
        return earlier[-1]
    for change in done:
        if since < change.written_at <= since + _SKEW:
            content = change.content
            return change if (content["from"], content["to"]) == (before, version) else None
    return None


def _approval(records: Sequence[Record], change: Record) -> Record | None:
    before = [record for record in records if record.record_id < change.record_id]
    for case in cases_of(before):
        if case.case_id == change.case_id:
            return case.decision
    return None
