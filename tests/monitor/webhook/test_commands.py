"""The monitor's processes tell a receiver, whatever ends them."""

import signal
from pathlib import Path

import pytest

from monitor.__main__ import _once
from monitor.round import Round
from tests.conftest import Database
from tests.faults.processes import wait_until
from tests.monitor import test_service
from tests.monitor.conftest import Monitor
from tests.monitor.webhook.found import LIFE, keep
from tests.monitor.webhook.receiver import receiver
from tests.monitor.webhook.test_sender import SECRET, due, sender, verified

OPENED, DIAGNOSED, ENDED = LIFE
STATE = "SELECT state, attempts FROM webhook_delivery"


def test_a_monitor_that_is_killed_in_the_middle_tells_it_again(
    monitor: Monitor, database: Database, tmp_path: Path
) -> None:
    """Nobody knows whether the first one arrived: the receiver does, by its name."""
    with receiver(tmp_path, "hang:60", "status:200") as other:
        settings = {"ALERT_WEBHOOK_URL": other.url, "ALERT_WEBHOOK_SECRET": SECRET}
        service = test_service.Monitor(tmp_path, database.url("monitor"), **settings)
        service.start()
        wait_until(
            lambda: monitor.query("SELECT count(*) FROM webhook_target") == [(1,)],
            seconds=20,
            what="the address is in use",
        )
        keep(monitor, OPENED)
        (first,) = other.wait_for(1)
        service.stop(signal.SIGKILL)
        killed = monitor.query(STATE)
        due(monitor)  # its time as the sender of this message is over
        service.start()
        *_, again = other.wait_for(2)
        wait_until(
            lambda: monitor.query(STATE) == [("delivered", 2)], seconds=10, what="it is delivered"
        )
        stopped = service.stop()

    assert killed == [("pending", 1)]
    assert verified(first) == verified(again)
    assert stopped == 0
    assert "sesame" not in service.output.read_text()


def test_once_tells_what_is_due(monitor: Monitor, tmp_path: Path) -> None:
    with receiver(tmp_path, "status:200") as other:
        secret = tmp_path / "secret"
        secret.write_text(SECRET)
        settings = {"ALERT_WEBHOOK_URL": other.url, "ALERT_WEBHOOK_SECRET_FILE": str(secret)}
        first = monitor.run("once", **settings)
        keep(monitor, OPENED)
        second = monitor.run("once", **settings)

    assert (first.returncode, second.returncode, second.stderr) == (0, 0, "")
    assert [verified(got)["event"] for got in other.got] == ["incident.opened"]


def test_once_tells_what_its_round_found(monitor: Monitor, tmp_path: Path) -> None:
    def once() -> Round:
        keep(monitor, OPENED)
        return Round(0, 0, 0, 0.0)

    with receiver(tmp_path, "status:200") as other:
        ended = _once(once, sender(monitor, other.url))

    assert ended == 0
    assert [verified(got)["event"] for got in other.got] == ["incident.opened"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ALERT_WEBHOOK_URL": "http://alerts.example.org/sesame"}, "ALERT_WEBHOOK_URL: must be h"),
        ({"ALERT_WEBHOOK_URL": "https://a.example/sesame"}, "is set without ALERT_WEBHOOK_SECRET"),
        (
            {"ALERT_WEBHOOK_URL": "https://a.example/", "ALERT_WEBHOOK_SECRET": "sesame"},
            "entry 1 of ALERT_WEBHOOK_SECRET is not whsec_",
        ),
    ],
)
def test_what_cannot_be_sent_is_said_at_once(
    monitor: Monitor, settings: dict[str, str], said: str
) -> None:
    refused = monitor.run("once", **settings)

    assert refused.returncode == 2
    assert said in refused.stderr
    assert "sesame" not in refused.stderr


def test_a_test_message_is_sent_at_once_and_kept_nowhere(monitor: Monitor, tmp_path: Path) -> None:
    with receiver(tmp_path, "status:500", "status:200") as other:
        settings = {"ALERT_WEBHOOK_URL": other.url, "ALERT_WEBHOOK_SECRET": SECRET}
        refused = monitor.run("webhook", **settings)
        taken = monitor.run("webhook", **settings)
    unset = monitor.run("webhook")

    origin = f"http://127.0.0.1:{other.port}"
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"webhook failed: {origin} did not take the message: it answered 500\n"
    first, second = (verified(got) for got in other.got)
    assert (taken.returncode, taken.stderr) == (0, "")
    assert taken.stdout == f"{origin} took the message {second['id']}\n"
    assert first["id"] != second["id"]
    assert (second["event"], second["incident"]) == ("webhook.test", None)
    assert unset.returncode == 1
    assert "ALERT_WEBHOOK_URL is not set" in unset.stderr
    assert monitor.query("SELECT * FROM webhook_target") == []
