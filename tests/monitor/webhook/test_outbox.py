"""Which messages there are, and who sends which of them."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor import clock
from monitor.webhook.outbox import Claimed, Outbox
from tests.monitor.conftest import Monitor
from tests.monitor.webhook.found import LIFE, keep, of

TARGET = "a" * 64
OPENED, DIAGNOSED, ENDED = LIFE


@pytest.fixture
def outbox(monitor: Monitor) -> Outbox:
    """In use before anything is found."""
    made = Outbox(TARGET)
    enlist(monitor, made)
    return made


def enlist(monitor: Monitor, outbox: Outbox) -> None:
    with monitor.connections.connection() as connection:
        outbox.enlist(connection)


def claim(monitor: Monitor, outbox: Outbox) -> Claimed | None:
    with monitor.connections.connection() as connection:
        return outbox.claim(connection)


def told(claimed: Claimed | None) -> tuple[str, int] | None:
    return None if claimed is None else (claimed.event, claimed.incident_id)


def states(monitor: Monitor) -> list[tuple[int, str]]:
    return monitor.query("SELECT record_id, state FROM webhook_delivery ORDER BY 1")


def test_what_was_there_before_the_address_is_no_news(monitor: Monitor) -> None:
    keep(monitor, OPENED)
    outbox = Outbox(TARGET)

    enlist(monitor, outbox)
    before = claim(monitor, outbox)
    keep(monitor, DIAGNOSED)
    enlist(monitor, outbox)

    assert before is None
    assert told(claim(monitor, outbox)) == ("incident.diagnosed", 1)
    assert states(monitor) == [(2, "pending")]


def test_each_record_is_a_message_once_but_for_what_only_extends(
    monitor: Monitor, outbox: Outbox
) -> None:
    keep(monitor, *LIFE)
    monitor.query(
        "INSERT INTO incident_record (record_id, incident_id, at, kind, content)"
        " VALUES (4, 1, now(), 'extended', '{}')"
    )
    for _ in range(2):
        enlist(monitor, outbox)

    assert states(monitor) == [(1, "pending"), (2, "pending"), (3, "pending")]
    assert len(set(monitor.query("SELECT message_id FROM webhook_delivery"))) == 3


def test_an_incident_is_told_in_its_order_and_none_waits_for_another(
    monitor: Monitor, outbox: Outbox
) -> None:
    keep(monitor, *LIFE, of(2, OPENED))
    enlist(monitor, outbox)

    first, other, none = (claim(monitor, outbox) for _ in range(3))
    with monitor.connections.connection() as connection:
        assert first is not None
        outbox.delivered(connection, first)

    assert told(first) == ("incident.opened", 1)
    assert told(other) == ("incident.opened", 2)
    assert none is None
    assert told(claim(monitor, outbox)) == ("incident.diagnosed", 1)


def test_what_failed_comes_again_after_its_time_with_the_same_name(
    monitor: Monitor, outbox: Outbox
) -> None:
    keep(monitor, OPENED)
    enlist(monitor, outbox)
    first = claim(monitor, outbox)
    assert first is not None
    with monitor.connections.connection() as connection:
        outbox.undelivered(connection, first, "it answered 500", timedelta(minutes=5))

    ((wait, error),) = monitor.query(
        "SELECT extract(epoch FROM next_attempt_at - now())::int, last_error FROM webhook_delivery"
    )
    early = claim(monitor, outbox)
    monitor.query("UPDATE webhook_delivery SET next_attempt_at = now()")
    again = claim(monitor, outbox)

    assert 290 <= wait <= 300
    assert error == "it answered 500"
    assert early is None
    assert again is not None
    assert (again.message_id, again.attempt) == (first.message_id, 2)


def test_what_is_given_up_holds_nothing_up(monitor: Monitor, outbox: Outbox) -> None:
    keep(monitor, OPENED, DIAGNOSED)
    enlist(monitor, outbox)
    first = claim(monitor, outbox)
    assert first is not None
    with monitor.connections.connection() as connection:
        outbox.undelivered(connection, first, "x" * 600, None)

    assert told(claim(monitor, outbox)) == ("incident.diagnosed", 1)
    assert states(monitor) == [(1, "failed"), (2, "pending")]


def test_a_sender_that_was_taken_over_has_no_say_unless_it_was_heard(
    monitor: Monitor, outbox: Outbox
) -> None:
    keep(monitor, OPENED)
    enlist(monitor, outbox)
    slow = claim(monitor, outbox)
    monitor.query("UPDATE webhook_delivery SET next_attempt_at = now()")
    assert claim(monitor, outbox) is not None
    assert slow is not None
    with monitor.connections.connection() as connection:
        outbox.undelivered(connection, slow, "it answered 500", None)
        refused = states(monitor)
        outbox.delivered(connection, slow)

    assert refused == [(1, "pending")]
    assert states(monitor) == [(1, "delivered")]


def test_a_replay_is_not_told_nor_is_what_it_left_when_the_clock_goes_on(
    monitor: Monitor, outbox: Outbox
) -> None:
    clock.hold(monitor.connections, datetime.now(UTC))
    keep(monitor, OPENED)
    enlist(monitor, outbox)
    keep(monitor, of(2, OPENED))
    clock.release(monitor.connections)
    keep(monitor, ENDED, of(2, ENDED), of(3, OPENED))
    enlist(monitor, outbox)

    assert states(monitor) == [*((number, "held") for number in range(1, 5)), (5, "pending")]


def test_history_is_not_told_but_what_becomes_of_it_is(monitor: Monitor, outbox: Outbox) -> None:
    """As where the monitor looks at a long log for the first time."""
    keep(monitor, of(1, OPENED, timedelta(days=-8)), of(2, OPENED, timedelta(days=-6)), DIAGNOSED)
    enlist(monitor, outbox)

    assert states(monitor) == [(1, "old"), (2, "pending"), (3, "pending")]


def test_another_address_has_messages_of_its_own(monitor: Monitor, outbox: Outbox) -> None:
    keep(monitor, OPENED)
    other = Outbox("b" * 64)
    for each in (outbox, other):
        enlist(monitor, each)

    assert told(claim(monitor, outbox)) == ("incident.opened", 1)
    assert claim(monitor, other) is None
