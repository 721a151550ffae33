"""`python -m local run`: the whole service as one process of a terminal."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg2
import pytest

from contract.datasets import DATASETS
from tests.conftest import free_port

ROOT = Path(__file__).parents[2]
_SECONDS = 120
INSTANCE = {feature.name: feature.example for feature in DATASETS["gmsc"].features}


class Run:
    """`python -m local` in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.output = directory / "output"
        self.process: subprocess.Popen[bytes] | None = None
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.environment = kept | {"PYTHONPATH": str(ROOT), "PORT": str(self.port)}

    def start(self) -> None:
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "local", "run"],
                cwd=self.directory,
                env=self.environment,
                stdout=output,
                stderr=output,
                # Interrupts that the test's own terminal gets are not meant for it.
                start_new_session=True,
            )
        deadline = time.monotonic() + _SECONDS
        while not self._is_ready():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.1)

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "local", *arguments],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def predict(self) -> str:
        answer = httpx.post(f"http://127.0.0.1:{self.port}/predict", json=INSTANCE)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["prediction_id"])

    def logged(self) -> list[str]:
        connection = psycopg2.connect(self.command("db-url").stdout.strip())
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT prediction_id::text FROM prediction_log ORDER BY 1")
            rows = cursor.fetchall()
        connection.close()
        return [identity for (identity,) in rows]

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz").status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture
def local(short_dir: Path) -> Iterator[Run]:
    run = Run(short_dir)
    yield run
    if run.process is not None:
        run.interrupt()


def processes(directory: Path) -> list[str]:
    """Command lines of the processes that work in or on this directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            place = str((process / "cwd").readlink())
        except OSError:
            continue  # It has ended meanwhile.
        if str(directory) in line or place.startswith(str(directory)):
            found.append(line)
    return found


def test_it_serves_and_logs_and_goes_on_with_its_rows_after_a_stop(local: Run) -> None:
    local.start()
    first = local.predict()
    assert local.logged() == [first]
    refused = local.command("run")
    with_port = local.environment | {"PORT": str(free_port())}
    local.environment, own = with_port, local.environment
    second_run = local.command("run")
    local.environment = own

    stopped = local.interrupt()

    assert refused.returncode == 1
    assert f"port {local.port} is taken" in refused.stderr
    assert second_run.returncode == 1
    assert "the local service runs already" in second_run.stderr
    assert stopped == 0, local.output.read_text()
    assert processes(local.directory) == []
    with socket.create_server(("127.0.0.1", local.port)):
        pass
    local.start()
    assert local.logged() == [first]
    second = local.predict()
    assert local.logged() == [first, second]
    assert local.interrupt(signal.SIGTERM) == 0
    assert processes(local.directory) == []


def test_a_taken_port_is_said_before_anything_is_started(local: Run) -> None:
    with socket.create_server(("127.0.0.1", local.port)):
        result = local.command("run")

    assert result.returncode == 1
    assert f"port {local.port} is taken" in result.stderr
    assert "PORT=" in result.stderr
    assert not (local.directory / ".local").exists()


def test_a_url_is_asked_for_before_there_is_a_database(local: Run) -> None:
    result = local.command("db-url")

    assert (result.returncode, result.stdout) == (1, "")
    assert "there is no local database yet" in result.stderr
