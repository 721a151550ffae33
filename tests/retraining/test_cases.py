"""A case is what its records say, as of any time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from retraining.cases import State, case_now, case_of, cases_of
from retraining.errors import CaseUnknown, DecisionRefused
from retraining.records import FIRST, Kind, Record
from tests.retraining.killed import NOW
from tests.retraining.ledger import proposal

DAY = timedelta(days=1)


def history(*kinds: Kind, case_id: int = 1, first: int = 1) -> list[Record]:
    """Records of a case, one a day."""
    return [
        record(kind, NOW + DAY * number, number + first, case_id)
        for number, kind in enumerate(kinds)
    ]


def record(kind: Kind, at: datetime, record_id: int, case_id: int = 1) -> Record:
    is_proposal = kind in ("proposed", "looked")
    content: dict[str, Any] = proposal("m1", f"m{record_id + 1}") if is_proposal else {}
    by = "retraining" if is_proposal else "Ann"
    return Record(record_id, case_id, at, kind, content, FIRST, FIRST, by, at, "")


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        (["proposed"], "proposed"),
        (["proposed", "looked"], "proposed"),
        (["proposed", "approved"], "approved"),
        (["proposed", "approved", "rejected"], "rejected"),
        (["proposed", "rejected"], "rejected"),
        (["proposed", "approved", "looked"], "proposed"),
        (["proposed", "rejected", "looked"], "rejected"),
        (["proposed", "approved", "refused"], "refused"),
        (["proposed", "approved", "promoting"], "promoting"),
        (["proposed", "approved", "promoting", "looked"], "promoting"),
        (["proposed", "approved", "promoting", "undone"], "approved"),
        (["proposed", "approved", "promoting", "undone", "promoting"], "promoting"),
        (["proposed", "approved", "promoting", "promoted"], "promoted"),
        (["proposed", "approved", "promoting", "promoted", "looked"], "promoted"),
        (["proposed", "approved", "promoting", "promoted", "rolling_back"], "rolling_back"),
        (["proposed", "approved", "promoting", "promoted", "rolling_back", "undone"], "promoted"),
        (
            ["proposed", "approved", "promoting", "promoted", "rolling_back", "rolled_back"],
            "rolled_back",
        ),
    ],
)
def test_each_record_leads_to_a_state(kinds: Sequence[Kind], state: State) -> None:
    records = history(*kinds)

    case = case_of(records, 1, records[-1].at)

    assert case.state == state
    assert (case.begun is not None) == (state in ("promoting", "rolling_back"))
    assert (case.promotion is not None) == (state in ("promoted", "rolling_back", "rolled_back"))


def test_a_past_time_shows_what_was_known_then() -> None:
    records = history("proposed", "looked", "approved", "promoting", "promoted")

    states = [case_of(records, 1, NOW + DAY * days).state for days in range(5)]

    assert states == ["proposed", "proposed", "approved", "promoting", "promoted"]
    assert case_of(records, 1, NOW).terms.challenger == "m2"
    assert case_of(records, 1, NOW + DAY).terms.challenger == "m3"
    with pytest.raises(CaseUnknown):
        case_of(records, 1, NOW - DAY)


@pytest.mark.parametrize("kinds", [["proposed"], ["proposed", "approved"]])
def test_what_was_not_promoted_within_its_time_expires(kinds: Sequence[Kind]) -> None:
    records = history(*kinds)

    just_before, then = NOW + 14 * DAY - timedelta(microseconds=1), NOW + 14 * DAY

    assert case_of(records, 1, just_before).state == kinds[-1]
    assert case_of(records, 1, then).state == "expired"
    assert not case_of(records, 1, then).is_open


@pytest.mark.parametrize("end", ["rejected", "promoting", "promoted"])
def test_what_was_decided_or_begun_does_not_expire(end: Kind) -> None:
    records = history("proposed", "approved", end)

    assert case_of(records, 1, NOW + 400 * DAY).state == end


def test_cases_are_told_apart() -> None:
    records = [*history("proposed", "approved"), *history("proposed", case_id=2, first=3)]

    assert [(case.case_id, case.state) for case in cases_of(records)] == [
        (1, "approved"),
        (2, "proposed"),
    ]


def test_nothing_is_decided_before_what_it_is_about() -> None:
    records = history("proposed", "approved")

    with pytest.raises(DecisionRefused, match="cannot be earlier"):
        case_now(records, 1, NOW)
    assert case_now(records, 1, NOW + DAY).state == "approved"
