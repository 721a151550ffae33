"""Messages to a real receiver, which fails in every way that receivers do."""

import base64
import hashlib
import hmac
import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from monitor.incidents.reading import incident
from monitor.webhook.address import Address
from monitor.webhook.sender import Sender
from monitor.webhook.signing import Secrets
from monitor.webhook.webhook import WAITS, Webhook, wait_after
from tests.faults.processes import wait_until
from tests.monitor.conftest import Monitor
from tests.monitor.webhook.found import LIFE, keep, of
from tests.monitor.webhook.receiver import receiver

KEY = bytes(range(32))
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
OPENED, DIAGNOSED, ENDED = LIFE
STATES = "SELECT state, attempts FROM webhook_delivery ORDER BY record_id"


def sender(monitor: Monitor, url: str) -> Sender:
    """One whose address is in use before anything is found."""
    secrets = Secrets.read(SecretStr(SECRET), None)
    made = Sender(monitor.connections, Webhook(Address.parse(url), secrets), 0.05)
    assert made.attempt() == 0
    return made


def verified(got: dict[str, Any]) -> dict[str, Any]:
    """The message, whose signature a receiver has checked."""
    headers = got["headers"]
    sent = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{got['body']}"
    expected = base64.b64encode(hmac.new(KEY, sent.encode(), hashlib.sha256).digest()).decode()
    assert hmac.compare_digest(f"v1,{expected}", headers["webhook-signature"])
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 60
    message: dict[str, Any] = json.loads(got["body"])
    assert message["id"] == headers["webhook-id"]
    assert headers["content-type"] == "application/json"
    return message


def due(monitor: Monitor) -> None:
    """The time of every further attempt has come."""
    monitor.query(
        "UPDATE webhook_delivery SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL"
    )


def test_the_life_of_an_incident_is_told_in_order_and_each_event_once(
    monitor: Monitor, tmp_path: Path
) -> None:
    with receiver(tmp_path, "status:200") as other:
        made = sender(monitor, other.url)
        keep(monitor, *LIFE)

        sent = [made.attempt(), made.attempt()]

    messages = [verified(got) for got in other.got]
    assert sent == [3, 0]
    assert [message["event"] for message in messages] == [
        "incident.opened",
        "incident.diagnosed",
        "incident.closed",
    ]
    assert len({message["id"] for message in messages}) == 3
    assert monitor.query(STATES) == [("delivered", 1)] * 3
    opened, diagnosed, closed = messages
    assert opened["incident"]["diagnosis"] is None
    assert diagnosed["incident"]["diagnosis"]["cause"] == "unit"
    assert diagnosed["timestamp"] == diagnosed["incident"]["diagnosis"]["at"]
    assert "MonthlyIncome" in diagnosed["sentence"]
    with monitor.connections.snapshot() as reader:
        known = incident(reader, 1)
    assert known is not None
    assert closed["incident"] == known.document()


def test_what_a_receiver_refuses_comes_again_as_it_was(monitor: Monitor, tmp_path: Path) -> None:
    with receiver(tmp_path, "status:500", "drop", "status:302", "status:200") as other:
        made = sender(monitor, other.url)
        keep(monitor, OPENED, DIAGNOSED)
        sent = []
        for _ in range(4):
            sent.append(made.attempt())
            assert made.attempt() == 0  # its time has not come
            due(monitor)

    messages = [verified(got) for got in other.got]
    assert sent == [0, 0, 0, 2]
    assert [message["event"] for message in messages] == ["incident.opened"] * 4 + [
        "incident.diagnosed"
    ]
    assert len({message["id"] for message in messages[:4]}) == 1
    assert len({got["body"] for got in other.got[:4]}) == 1
    assert monitor.query(STATES) == [("delivered", 4), ("delivered", 1)]


def test_a_receiver_that_is_killed_in_the_middle_gets_it_again(
    monitor: Monitor, tmp_path: Path
) -> None:
    with receiver(tmp_path, "hang:60") as other:
        made = sender(monitor, other.url)
        keep(monitor, OPENED)
        made.start()
        (first,) = other.wait_for(1)
        other.kill()
        wait_until(
            lambda: (
                monitor.query("SELECT last_error FROM webhook_delivery")
                == [("the connection ended",)]
            ),
            seconds=10,
            what="it knows",
        )
        due(monitor)
        wait_until(
            lambda: (
                monitor.query("SELECT last_error FROM webhook_delivery")
                == [("connection refused",)]
            ),
            seconds=10,
            what="nobody is there",
        )
        other.start("status:200")
        due(monitor)
        (again,) = other.wait_for(1)
        wait_until(
            lambda: monitor.query("SELECT state FROM webhook_delivery") == [("delivered",)],
            seconds=10,
            what="it is delivered",
        )
        made.stop()

    assert not made.alive
    assert verified(first)["id"] == verified(again)["id"]


def test_two_monitors_tell_each_event_once(monitor: Monitor, tmp_path: Path) -> None:
    with receiver(tmp_path, "status:200") as other:
        two = [sender(monitor, other.url) for _ in range(2)]
        for each in two:
            each.start()
        keep(monitor, *(of(number, OPENED) for number in range(1, 13)))
        other.wait_for(12)
        wait_until(
            lambda: (
                monitor.query(f"SELECT DISTINCT state, count(*) FROM ({STATES}) AS s GROUP BY 1")
                == [("delivered", 12)]
            ),
            seconds=10,
            what="all are delivered",
        )
        for each in two:
            each.stop()

    assert sorted(verified(got)["incident"]["incident_id"] for got in other.got) == [*range(1, 13)]


def test_the_patience_ends_and_410_ends_it_at_once(monitor: Monitor, tmp_path: Path) -> None:
    with receiver(tmp_path, "status:410", "status:503") as other:
        made = sender(monitor, other.url)
        keep(monitor, OPENED, of(2, OPENED))
        made.attempt()
        for _ in range(len(WAITS) + 3):
            due(monitor)
            made.attempt()

    assert monitor.query(STATES) == [("failed", 1), ("failed", len(WAITS) + 1)]
    assert len(other.got) == len(WAITS) + 2


def test_it_waits_longer_each_time_and_over_a_day_in_all() -> None:
    waits = [wait_after(attempt) for attempt in range(1, len(WAITS) + 1)]
    seconds = [wait.total_seconds() for wait in waits if wait is not None]

    assert wait_after(len(WAITS) + 1) is None
    assert len(seconds) == len(WAITS)
    assert all(
        0.8 * least <= found <= 1.2 * least for least, found in zip(WAITS, seconds, strict=True)
    )
    assert list(WAITS) == sorted(set(WAITS))
    assert sum(WAITS) > 24 * 3600
    assert len({wait_after(5) for _ in range(20)}) > 10


def test_a_trouble_is_said_once_and_no_secret_with_it(
    monitor: Monitor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with receiver(tmp_path, "status:500", "status:500", "status:200") as other:
        made = sender(monitor, other.url)
        keep(monitor, OPENED)
        for _ in range(3):
            made.attempt()
            due(monitor)

    records = [record for record in caplog.records if record.name == "monitor"]
    assert [record.getMessage() for record in records] == [
        "a message was not delivered",
        "messages are delivered again",
    ]
    fields = records[0].__dict__["fields"]
    origin = f"http://127.0.0.1:{other.port}"
    assert fields == {
        "receiver": origin, "reason": "it answered 500", "incident": 1, "attempt": 1,
    }  # fmt: skip
    written = str(monitor.query("SELECT * FROM webhook_delivery, webhook_target")) + caplog.text
    for secret in ("sesame", SECRET, base64.b64encode(KEY).decode()):
        assert secret not in written


def test_what_cannot_be_written_holds_nothing_up(
    monitor: Monitor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with receiver(tmp_path, "status:200") as other:
        made = sender(monitor, other.url)
        keep(monitor, OPENED, of(2, OPENED))
        monitor.query("UPDATE incident_record SET content = '{}' WHERE record_id = 1")
        sent = [made.attempt(), made.attempt()]

    assert sent == [0, 1]
    assert [verified(got)["incident"]["incident_id"] for got in other.got] == [2]
    assert "a message cannot be written" in caplog.text


def test_without_postgres_nothing_is_sent_and_nothing_is_lost(
    monitor: Monitor, tmp_path: Path
) -> None:
    with receiver(tmp_path, "status:200") as other:
        made = sender(monitor, other.url)
        keep(monitor, OPENED)
        monitor.query("ALTER TABLE webhook_delivery RENAME TO away")
        away = made.attempt()
        monitor.query("ALTER TABLE away RENAME TO webhook_delivery")
        sent = made.attempt()

    assert (away, sent) == (0, 1)
