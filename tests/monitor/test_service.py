"""`python -m monitor serve` as a process: it counts, serves, and outlives outages of Postgres."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.child import ends_with_us
from tests import plain
from tests.conftest import PASSWORD, Database
from tests.db.rows import insert, row
from tests.faults.processes import wait_until

ROOT = Path(__file__).parents[2]
# No promise: what has not happened by then hangs, on however busy a machine.
_SECONDS = 120


class Monitor:
    """The monitor of a database, on a free port."""

    def __init__(self, directory: Path, url: str, **settings: str) -> None:
        self.output = directory / "monitor.log"
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        defaults = {
            "PYTHONWARNINGS": "error",
            "DATABASE_URL": url,
            "MODELS_DIR": str(directory),
            "MONITOR_PORT": "0",
            "MONITOR_ROUND_SECONDS": "1",
            "LOG_FORMAT": "json",
        }
        self.environment = kept | defaults | settings
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "monitor", "serve"],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
                preexec_fn=ends_with_us(signal.SIGTERM),  # noqa: PLW1509 -- a call to the kernel
            )
        self.wait_for("the page is served on")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(_SECONDS)

    @property
    def lines(self) -> list[dict[str, Any]]:
        # What is said before there are settings to log by is plain.
        written = self.output.read_text().splitlines()
        return [json.loads(line) for line in written if line.startswith("{")]

    def wait_for(self, event: str) -> dict[str, Any]:
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            for line in self.lines:
                if line["event"] == event:
                    return line
            assert self.process is not None
            assert self.process.poll() is None, self.output.read_text()
            time.sleep(0.05)
        raise AssertionError(f"no line {event}: {self.output.read_text()}")

    def get(self, path: str) -> httpx.Response:
        port = self.wait_for("the page is served on")["port"]
        return plain.get(f"http://127.0.0.1:{port}{path}", timeout=20)


@pytest.fixture
def monitor(tmp_path: Path, database: Database) -> Iterator[Monitor]:
    made = Monitor(tmp_path, database.url("monitor"))
    yield made
    if made.process is not None:
        made.stop()


def test_it_counts_what_comes_and_ends_at_once(database: Database, monitor: Monitor) -> None:
    now = datetime.now(UTC).isoformat()
    monitor.start()
    insert(database, [row(now), row(now, prediction=1, probability=0.75)])

    counted = monitor.wait_for("counted")
    figures = monitor.get("/metrics").text
    (total,) = database.query("SELECT sum(predictions), sum(positives) FROM rollup_hour")
    before = len(monitor.lines)
    began = time.monotonic()
    stopped = monitor.stop()

    assert counted["hours"] == 1
    assert total == (2, 1)
    assert re.search(r"^monitor_database_up 1.0$", figures, re.MULTILINE)
    assert re.search(r'^monitor_rounds_total{result="failed"} 0.0$', figures, re.MULTILINE)
    assert stopped == 0
    assert time.monotonic() - began < 5
    assert [line for line in monitor.lines[before:] if line["level"] != "info"] == []


def test_while_postgres_is_away_it_waits_and_says_so_once(
    database: Database, monitor: Monitor
) -> None:
    database.query("ALTER ROLE monitor NOLOGIN")
    try:
        monitor.start()
        away = monitor.wait_for("not counted")
        time.sleep(2.5)
        live, ready = monitor.get("/livez"), monitor.get("/readyz")
        metrics = monitor.get("/metrics")
    finally:
        database.query("ALTER ROLE monitor LOGIN")
    monitor.wait_for("counting again")

    assert "not permitted to log in" in away["reason"]
    assert (live.status_code, ready.status_code, metrics.status_code) == (200, 503, 200)
    assert "monitor_database_up 0.0" in metrics.text
    assert [line["event"] for line in monitor.lines].count("not counted") == 1
    wait_until(lambda: monitor.get("/readyz").status_code == 200, seconds=10, what="it is ready")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_asked_also_as_it_starts(
    tmp_path: Path, monitor: Monitor, number: signal.Signals
) -> None:
    monitor.start()

    assert monitor.stop(number) == 0
    assert "Traceback" not in monitor.output.read_text()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"MONITOR_KEYS": "risk:geheim"}, "entry 1 of MONITOR_KEYS is not NAME:HASH"),
        ({"MONITOR_KEYS_FILE": "/nowhere/keys"}, "MONITOR_KEYS_FILE: cannot read /nowhere/keys"),
        ({"MONITOR_PORT": "{port}"}, "stop what uses the port, or set HOST and MONITOR_PORT"),
    ],
)
def test_it_refuses_to_start_and_says_why(
    tmp_path: Path, settings: dict[str, str], reason: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        given = {name: value.format(port=port) for name, value in settings.items()}
        refused = Monitor(tmp_path, "postgresql://monitor@127.0.0.1:1/x", **given)
        result = subprocess.run(
            [sys.executable, "-m", "monitor", "serve"],
            cwd=ROOT,
            env=refused.environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    assert result.returncode == 1
    assert reason in result.stdout
    assert "geheim" not in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr


def test_libpqs_own_variables_lead_it_nowhere(database: Database, tmp_path: Path) -> None:
    url = database.url("monitor").replace(f":{PASSWORD}@", "@")
    foreign = {"PGHOSTADDR": "192.0.2.1", "PGSSLMODE": "verify-full"}
    monitor = Monitor(tmp_path, url, DATABASE_PASSWORD=PASSWORD, **foreign)
    try:
        monitor.start()

        # Led elsewhere, it would never be: one look may be too early on a busy machine.
        wait_until(
            lambda: monitor.get("/readyz").status_code == 200,
            seconds=_SECONDS,
            what="the monitor reaches the Postgres of its URL",
        )
    finally:
        monitor.stop()


def test_a_key_is_made_for_it() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "monitor.keys", "risk"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert re.fullmatch(r"risk:[0-9a-f]{64}\n", made.stdout)


def test_the_probe_says_whether_it_can_be_read(monitor: Monitor) -> None:
    def probe(port: int) -> int:
        return subprocess.run(
            [sys.executable, "-m", "monitor.probe"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "MONITOR_PORT": str(port)},
            capture_output=True,
            check=False,
        ).returncode

    monitor.start()
    port = monitor.wait_for("the page is served on")["port"]

    assert probe(port) == 0
    monitor.stop()
    assert probe(port) == 1
