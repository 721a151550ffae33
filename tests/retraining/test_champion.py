"""What served at a time is told from what processes said, and on whose word from the ledger."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from monitor.database import MonitorConnection
from retraining import records
from retraining.champion import Served, champion
from retraining.records import Kind
from retraining.words import served
from tests.conftest import Database
from tests.retraining.killed import NOW
from tests.retraining.ledger import approve, connections, propose

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Told:
    """A ledger, and processes that say what they serve."""

    database: Database
    connection: MonitorConnection

    def serve(
        self, version: str, at: datetime, process: int = 1, reason: str = "activated"
    ) -> None:
        self.database.query(
            "INSERT INTO model_activation (activation_id, activated_at, process_id, instance,"
            " model_version, reason) VALUES (gen_random_uuid(), %s, %s, 'host', %s, %s)",
            *(at, str(UUID(int=process)), version, reason),
        )

    def end(self, process: int, at: datetime) -> None:
        self.database.query(
            "INSERT INTO log_counter VALUES (%s, now(), now(), 0, 0, 0, 0, 0, 0, 0, 0)",
            str(UUID(int=process)),
        )
        self.database.query(
            "UPDATE log_counter SET ended_at = %s WHERE process_id = %s",
            *(at, str(UUID(int=process))),
        )

    def promoted(self, before: str, to: str) -> tuple[int, datetime]:
        """A case that made a version active, and when it did."""
        case_id = propose(self.connection, before, to)
        approve(self.connection, case_id)
        return case_id, self.write(case_id, "promoting", "promoted", before, to)

    def write(self, case_id: int, begin: Kind, end: Kind, before: str, to: str) -> datetime:
        content: dict[str, Any] = {"from": before, "to": to, "reason": "Worse."}
        place: dict[str, Any] = {"case_id": case_id, "at": NOW, "by": "Bob"}
        with self.connection.attempt():
            begun = records.append(self.connection, begin, content, **place)
            content["begun"] = begun.record_id
            records.append(self.connection, end, content, **place)
        return begun.written_at

    def champion(self, at: datetime) -> Served | None:
        with self.connection.attempt():
            return champion(self.connection, records.read(self.connection), at)


@pytest.fixture
def told(database: Database) -> Iterator[Told]:
    with connections(database).connection() as connection:
        yield Told(database, connection)
        connection.close()


def test_before_anything_served_there_is_no_champion(told: Told) -> None:
    told.serve("m1", NOW)

    assert told.champion(NOW - SECOND) is None
    found = told.champion(NOW)
    assert found is not None
    assert (found.version, found.since, found.how, found.change) == ("m1", NOW, "by_hand", None)


def test_an_approved_version_is_told_with_who_approved_it_and_why(told: Told) -> None:
    started = datetime.now(UTC) - timedelta(hours=1)
    told.serve("m1", started, reason="start")
    case_id, promoted_at = told.promoted("m1", "m2")
    told.serve("m2", promoted_at)
    told.write(case_id, "rolling_back", "rolled_back", "m2", "m1")
    told.serve("m1", promoted_at + timedelta(hours=1))

    first, second, third = (
        told.champion(at) for at in (started, promoted_at, promoted_at + timedelta(days=1))
    )

    assert first is not None
    assert first.how == "by_hand"
    assert second is not None
    assert second.document() | {"since": "", "approved_at": ""} == {
        "version": "m2",
        "since": "",
        "how": "approved",
        "pinned": False,
        "case": case_id,
        "changed_by": "Bob",
        "reason": "Worse.",
        "approved_by": "Ann",
        "approved_at": "",
        "approved_because": "It pays.",
        "others": [],
    }
    assert third is not None
    assert (third.version, third.how, third.approval) == ("m1", "rolled_back", None)


def test_what_the_policy_let_go_is_told_so(told: Told) -> None:
    case_id = propose(told.connection, "m1", "m2")
    told.serve("m2", told.write(case_id, "promoting", "promoted", "m1", "m2"))

    found = told.champion(datetime.now(UTC) + SECOND)

    assert found is not None
    assert (found.how, found.approval) == ("by_policy", None)
    assert "which the policy lets go by itself" in served(found)


def test_what_somebody_activates_after_a_promotion_is_by_hand(told: Told) -> None:
    _, promoted_at = told.promoted("m1", "m2")
    told.serve("m2", promoted_at + SECOND)
    told.serve("m3", promoted_at + 120 * SECOND)
    told.serve("m1", promoted_at + 180 * SECOND)

    by_hand = told.champion(promoted_at + 130 * SECOND), told.champion(promoted_at + 190 * SECOND)

    assert [found and (found.version, found.how) for found in by_hand] == [
        ("m3", "by_hand"),
        ("m1", "by_hand"),
    ]


def test_a_start_goes_on_with_what_was_approved(told: Told) -> None:
    case_id, promoted_at = told.promoted("m1", "m2")
    told.serve("m2", promoted_at + SECOND)
    told.end(1, promoted_at + 10 * SECOND)
    told.serve("m2", promoted_at + timedelta(days=3), process=2, reason="start")

    found = told.champion(promoted_at + timedelta(days=4))

    assert found is not None
    assert (found.how, found.since) == ("approved", promoted_at + SECOND)
    assert found.change is not None
    assert found.change.case_id == case_id


def test_the_clocks_of_two_machines_may_differ(told: Told) -> None:
    _, promoted_at = told.promoted("m1", "m2")
    told.serve("m1", promoted_at - 50 * SECOND)
    told.serve("m2", promoted_at - 10 * SECOND)

    before, found = (told.champion(promoted_at - so * SECOND) for so in (20, 0))

    assert before is not None
    assert before.how == "by_hand"
    assert found is not None
    assert found.how == "approved"


def test_what_served_a_moment_before_a_rollback_to_it_was_not_rolled_back_to(told: Told) -> None:
    case_id = propose(told.connection, "m1", "m2")
    rolled_back_at = told.write(case_id, "rolling_back", "rolled_back", "m2", "m1")
    told.serve("m1", rolled_back_at - 10 * SECOND, reason="start")

    found = told.champion(rolled_back_at)

    assert found is not None
    assert found.how == "by_hand"


def test_what_another_process_still_serves_is_named_and_what_has_ended_is_not(told: Told) -> None:
    told.serve("m1", NOW, process=1)
    told.serve("m2", NOW + SECOND, process=2)
    told.serve("m3", NOW + 2 * SECOND, process=3, reason="pinned")
    told.end(2, NOW + 5 * SECOND)

    early, late = told.champion(NOW + 3 * SECOND), told.champion(NOW + 9 * SECOND)

    assert early is not None
    assert (early.version, early.is_pinned, early.others) == ("m3", True, ("m2", "m1"))
    assert late is not None
    assert late.others == ("m1",)
    told.end(3, NOW + 10 * SECOND)
    told.end(1, NOW + 10 * SECOND)
    assert told.champion(NOW + 11 * SECOND) is None
