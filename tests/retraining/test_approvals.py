"""A case is approved or rejected once, in time, and by somebody else than who proposed it."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from monitor.database import MonitorConnection
from retraining import approvals, records
from retraining.errors import CaseUnknown, DecisionRefused
from tests.conftest import Database
from tests.retraining.killed import NOW
from tests.retraining.ledger import approve, connections, kinds, propose

LATER = NOW + timedelta(days=1)


@pytest.fixture
def connection(database: Database) -> Iterator[MonitorConnection]:
    with connections(database).connection() as connection:
        yield connection
        connection.close()


def test_an_approval_says_who_why_and_of_what(connection: MonitorConnection) -> None:
    case_id = propose(connection, "m1", "m2")

    kept = approvals.approve(connection, case_id, by=" Ann ", reason=" It pays. ", at=LATER)

    with connection.attempt():
        proposed, approved = records.read(connection)
    assert approved == kept
    assert (approved.kind, approved.written_by, approved.at) == ("approved", "Ann", LATER)
    assert approved.content == {
        "reason": "It pays.",
        "proposal_hash": proposed.hash,
        "challenger": "m2",
    }


@pytest.mark.parametrize("by", ["Ann", "ann", " ANN ", "\uff21nn"])
@pytest.mark.parametrize("decide", [approvals.approve, approvals.reject])
def test_who_proposed_it_does_not_decide(
    connection: MonitorConnection, by: str, decide: Callable[..., records.Record]
) -> None:
    case_id = propose(connection, "m1", "m2", by="Ann")

    with pytest.raises(DecisionRefused, match="somebody else decides"):
        decide(connection, case_id, by=by, reason="Mine.", at=LATER)

    assert kinds(connection) == ["proposed"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ({"reason": " "}, "a reason is a line"),
        ({"reason": "two\nlines"}, "a reason is a line"),
        ({"reason": "x" * 1001}, "a reason is a line"),
        ({"by": ""}, "a name is a line"),
        ({"by": "x" * 201}, "a name is a line"),
        ({"at": NOW - timedelta(seconds=1)}, "cannot be earlier"),
        ({"at": NOW + timedelta(days=14)}, "is expired"),
    ],
)
def test_an_approval_that_cannot_stand_is_refused(
    connection: MonitorConnection, words: dict[str, object], complaint: str
) -> None:
    case_id = propose(connection, "m1", "m2")
    given = {"by": "Ann", "reason": "It pays.", "at": LATER} | words

    with pytest.raises(DecisionRefused, match=complaint):
        approvals.approve(connection, case_id, **given)  # type: ignore[arg-type]

    assert kinds(connection) == ["proposed"]


@pytest.mark.parametrize("challenger", [None, "m1"])
def test_what_changes_nothing_cannot_be_approved_but_rejected(
    connection: MonitorConnection, challenger: str | None
) -> None:
    case_id = propose(connection, "m1", challenger)

    with pytest.raises(DecisionRefused, match="there is nothing to approve"):
        approve(connection, case_id)
    approvals.reject(connection, case_id, by="Ann", reason="We know.", at=LATER)

    assert kinds(connection) == ["proposed", "rejected"]


def test_a_decision_is_made_once_and_an_approval_can_be_taken_back(
    connection: MonitorConnection,
) -> None:
    case_id = propose(connection, "m1", "m2")
    approve(connection, case_id)

    with pytest.raises(DecisionRefused, match="is approved"):
        approve(connection, case_id, by="Bob")
    approvals.reject(connection, case_id, by="Bob", reason="Too early.", at=LATER)
    for decide in (approvals.approve, approvals.reject):
        with pytest.raises(DecisionRefused, match="is rejected"):
            decide(connection, case_id, by="Bob", reason="Still.", at=LATER)

    assert kinds(connection) == ["proposed", "approved", "rejected"]


def test_a_case_that_is_not_there_is_named(connection: MonitorConnection) -> None:
    with pytest.raises(CaseUnknown, match="there is no case 3"):
        approve(connection, 3)
