"""A case as its records tell it, as of any time: what is proposed, who decided, what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from retraining.errors import CaseUnknown, DecisionRefused
from retraining.records import Kind, Record, rfc3339

State = Literal[
    "proposed",
    "approved",
    "rejected",
    "expired",
    "refused",
    "promoting",
    "promoted",
    "rolling_back",
    "rolled_back",
]

_BECOMES: dict[Kind, State] = {
    "proposed": "proposed",
    "looked": "proposed",
    "approved": "approved",
    "rejected": "rejected",
    "refused": "refused",
    "promoting": "promoting",
    "promoted": "promoted",
    "rolling_back": "rolling_back",
    "rolled_back": "rolled_back",
}
# What is proposed has an end; what was begun has none.
_EXPIRES: frozenset[State] = frozenset({"proposed", "approved"})
_MADE_ACTIVE: frozenset[State] = frozenset({"promoted", "rolling_back", "rolled_back"})


@dataclass(frozen=True, slots=True)
class Terms:
    """What a proposal is about: all that an approval approves, and a promotion goes by."""

    verdict: str
    rung: str | None
    reason: str
    champion: str
    challenger: str | None
    """The version that a promotion makes active; None where there is nothing to promote."""
    policy_sha256: str
    evidence_sha256: str
    expires_at: datetime

    @classmethod
    def of(cls, content: Any) -> "Terms":
        """Those of a record `proposed` or `looked`."""
        proposal = content["proposal"]
        return cls(
            *(proposal["verdict"], proposal["rung"], proposal["reason"]),
            *(content["champion"], content["challenger"], content["policy"]["sha256"]),
            *(content["evidence_sha256"], datetime.fromisoformat(content["expires_at"])),
        )


@dataclass(frozen=True, slots=True)
class Case:
    """A case as of a time; its records up to then, in the order in which they were written."""

    state: State
    terms: Terms
    proposal: Record
    """The last that was `proposed` or `looked`."""
    decision: Record | None
    """Who approved or rejected that, None before."""
    records: tuple[Record, ...]

    @property
    def case_id(self) -> int:
        """By which people name it."""
        return self.records[0].case_id

    @property
    def proposers(self) -> frozenset[str]:
        """Whoever proposed or looked: none of them may decide."""
        return frozenset(
            record.written_by for record in self.records if record.kind in ("proposed", "looked")
        )

    @property
    def is_open(self) -> bool:
        """Whether somebody is still to do something."""
        return self.state in ("proposed", "approved", "promoting", "rolling_back")

    @property
    def changes_something(self) -> bool:
        """Whether a promotion would make another version active than the champion."""
        return self.terms.challenger not in (None, self.terms.champion)

    @property
    def last(self) -> Record:
        """The last record."""
        return self.records[-1]

    @property
    def begun(self) -> Record | None:
        """The record of a promotion or a rollback that was begun, and not ended."""
        if self.state not in ("promoting", "rolling_back"):
            return None
        return next(record for record in reversed(self.records) if record.kind == self.state)

    @property
    def promotion(self) -> Record | None:
        """The record `promoting` of what this case made active last, None before."""
        found = (record for record in reversed(self.records) if record.kind == "promoting")
        return next(found, None) if self.state in _MADE_ACTIVE else None


def cases_of(records: Iterable[Record], as_of: datetime | None = None) -> list[Case]:
    """Those that the records tell of, as of a time, the first first; as they are without one.

    Without a time nothing expires: whoever asks whether a case may be promoted gives one.
    """
    told: dict[int, Case] = {}
    for record in records:
        if as_of is not None and record.at > as_of:
            continue
        if (case := told.get(record.case_id)) is not None:
            told[record.case_id] = _after(case, record)
        elif record.kind == "proposed":
            told[record.case_id] = _opened(record)
    return [_expired(case, as_of) for case in told.values()]


def case_of(records: Iterable[Record], case_id: int, as_of: datetime | None = None) -> Case:
    """One of them; raises CaseUnknown."""
    for case in cases_of((record for record in records if record.case_id == case_id), as_of):
        return case
    raise CaseUnknown(f"there is no case {case_id}: `retraining list` shows those there are")


def case_now(records: Iterable[Record], case_id: int, at: datetime) -> Case:
    """One of them as it is for whoever decides at a time, which is not before its last record.

    Raises CaseUnknown or DecisionRefused.
    """
    case = _expired(case_of(records, case_id), at)
    if at < case.last.at:
        raise DecisionRefused(
            f"the last record of case {case_id} is of {rfc3339(case.last.at)}: what comes after it"
            " cannot be earlier"
        )
    return case


def _opened(record: Record) -> Case:
    return Case("proposed", Terms.of(record.content), record, None, (record,))


def _after(case: Case, record: Record) -> Case:
    records = (*case.records, record)
    if record.kind == "looked":
        if case.state not in _EXPIRES:
            return replace(case, records=records)
        # What was approved was something else.
        return replace(_opened(record), records=records)
    if record.kind == "undone":
        state: State = "approved" if case.state == "promoting" else "promoted"
    else:
        state = _BECOMES[record.kind]
    decision = record if record.kind in ("approved", "rejected") else case.decision
    return replace(case, state=state, decision=decision, records=records)


def _expired(case: Case, as_of: datetime | None) -> Case:
    if as_of is not None and case.state in _EXPIRES and as_of >= case.terms.expires_at:
        return replace(case, state="expired")
    return case
