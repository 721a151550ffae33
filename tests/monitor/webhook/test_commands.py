"""The monitor's processes tell a receiver, whatever ends them."""

import argparse
import signal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from db.settings import complaints
from monitor.__main__ import _once
from monitor.errors import MonitorError
from monitor.round import Round
from monitor.settings import MonitorSettings
from monitor.webhook import commands_webhook
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


def test_what_cannot_be_sent_is_said_at_once(monitor: Monitor) -> None:
    refused = monitor.run("once", ALERT_WEBHOOK_URL="https://a.example/sesame")

    assert refused.returncode == 2
    assert "ALERT_WEBHOOK_URL is set without ALERT_WEBHOOK_SECRET" in refused.stderr
    assert "sesame" not in refused.stderr


def test_an_address_that_is_none_is_a_setting_that_is_wrong() -> None:
    given: dict[str, Any] = {
        "database_url": "postgresql://monitor@localhost/mlops",
        "alert_webhook_url": "http://alerts.example.org/sesame",
    }
    with pytest.raises(ValidationError) as refused:
        MonitorSettings(**given)

    (complaint,) = complaints(refused.value)
    assert complaint.startswith("ALERT_WEBHOOK_URL: must be https:// where it leads out of")
    assert "sesame" not in complaint


def test_a_test_message_is_sent_at_once_and_kept_nowhere(
    monitor: Monitor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(**settings: str) -> int:
        parser = argparse.ArgumentParser()
        commands_webhook.add(parser.add_subparsers())
        options = parser.parse_args(["webhook"])
        given: dict[str, Any] = {"database_url": monitor.database.url("monitor"), **settings}
        return int(options.run(options, monitor.connections, MonitorSettings(**given)))

    with receiver(tmp_path, "status:500", "status:200") as other:
        settings = {"alert_webhook_url": other.url, "alert_webhook_secret": SECRET}
        origin = f"http://127.0.0.1:{other.port}"
        with pytest.raises(
            MonitorError, match=f"^{origin} did not take the message: it answered 500$"
        ):
            run(**settings)
        taken = run(**settings)

    first, second = (verified(got) for got in other.got)
    assert taken == 0
    assert capsys.readouterr().out == f"{origin} took the message {second['id']}\n"
    assert first["id"] != second["id"]
    assert (second["event"], second["incident"]) == ("webhook.test", None)
    with pytest.raises(MonitorError, match="ALERT_WEBHOOK_URL is not set"):
        run()
    assert monitor.query("SELECT * FROM webhook_target") == []
