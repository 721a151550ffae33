"""`python -m local` as a process of its own, in a directory of its own."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psycopg2

from tests import plain
from tests.conftest import free_port
from tests.gmsc import SCHEMA

ROOT = Path(__file__).parents[2]
_SECONDS = 120
INSTANCE = {feature.name: feature.example for feature in SCHEMA.features}


class Run:
    """`python -m local` in a directory of its own."""

    def __init__(
        self, directory: Path, models: Path | None = None, *, checkout: Path = ROOT
    ) -> None:
        """With `models` it need not train."""
        if models is not None:
            shutil.copytree(models, directory / ".local" / "models")
        self.directory = directory
        self.port = free_port()
        self.output = directory / "output"
        self.process: subprocess.Popen[bytes] | None = None
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.monitor_port = free_port()
        ports = {"PORT": str(self.port), "MONITOR_PORT": str(self.monitor_port)}
        self.environment = kept | {"PYTHONPATH": str(checkout)} | ports

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
                preexec_fn=_hangs_up,  # noqa: PLW1509 -- a call to the kernel
            )
        deadline = time.monotonic() + _SECONDS
        while not self.is_ready():
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
        answer = plain.post(f"http://127.0.0.1:{self.port}/predict", json=INSTANCE)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["prediction_id"])

    def logged(self) -> list[str]:
        connection = psycopg2.connect(self.command("db-url").stdout.strip())
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT prediction_id::text FROM prediction_log ORDER BY 1")
            rows = cursor.fetchall()
        connection.close()
        return [identity for (identity,) in rows]

    def is_ready(self) -> bool:
        try:
            return plain.get(f"http://127.0.0.1:{self.port}/readyz").status_code == 200
        except httpx.TransportError:
            return False


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


def _hangs_up() -> None:
    """A run of the tests that was started by nohup leaves that to none of its own."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
