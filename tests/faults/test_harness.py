"""The harness itself: without a fault nothing is lost, and the verdict sees what it should."""

import pytest

from contract.digest import canonical_json
from tests.faults.conftest import Record
from tests.faults.load import Exchange
from tests.faults.rig import Rig, pause
from tests.faults.verdict import judge
from tests.gmsc import SCHEMA

LOOKUP = "SELECT probability FROM prediction_log WHERE prediction_id = %s"

ANSWERED = Exchange("run-1", "before", 0.0, status=200, predictions={"id-1": 0.25})


def test_without_a_fault_all_is_answered_and_logged(rig: Rig, record: Record) -> None:
    rig.api.start()

    with rig.load() as load:
        pause(2)
        load.phase = "during"
        pause(2)
        load.phase = "after"
        pause(1)
    verdict = rig.verdict()

    record(rig.result("none", verdict))
    assert verdict.kept, verdict
    assert verdict.answered > 200
    assert {exchange.status for exchange in load.exchanges} == {200}
    assert verdict.unanswered == 0


def test_the_row_can_be_selected_the_moment_the_answer_arrives(rig: Rig) -> None:
    # However slow the disk is: beyond this wait an answer would come from the spool.
    rig.service(LOG_VISIBLE_WAIT_MS="10000", LOG_WAIT_SECONDS="20").start()
    rig.api.wait_for_state("normal")
    body = canonical_json(SCHEMA.example)
    connection = rig.server.connect(rig.database)
    seen = []

    with connection, connection.cursor() as cursor:
        for _ in range(200):
            answer = rig.api.predict(body)
            cursor.execute(LOOKUP, (answer["prediction_id"],))
            seen.append(cursor.fetchall() == [(answer["probability"],)])
    connection.close()

    assert all(seen)


@pytest.mark.parametrize(
    "logged",
    [
        [],
        [("id-1", "run-1", 0.25), ("id-1", "run-1", 0.25)],
        [("id-1", "run-1", 0.25), ("id-2", "run-1", 0.25)],
        [("id-1", "run-1", 0.25000000000000006)],
        [("id-1", "run-2", 0.25)],
    ],
    ids=["missing", "twice", "another row of the request", "altered", "of another request"],
)
def test_the_verdict_sees_a_broken_promise(logged: list[tuple[str, str | None, float]]) -> None:
    verdict = judge([ANSWERED], logged, pending=0)

    assert not verdict.kept


def test_the_verdict_accepts_a_row_whose_answer_never_arrived() -> None:
    unknown = Exchange("run-2", "during", 0.0)
    logged: list[tuple[str, str | None, float]] = [
        ("id-1", "run-1", 0.25),
        ("id-2", "run-2", 0.5),
    ]

    verdict = judge([ANSWERED, unknown], logged, pending=0)

    assert verdict.kept, verdict
    assert verdict.unanswered == 1


def test_the_verdict_does_not_accept_rows_that_still_wait() -> None:
    assert not judge([ANSWERED], [("id-1", "run-1", 0.25)], pending=1).kept
