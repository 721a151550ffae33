"""`python -m api` as a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from local.child import ends_with_us
from tests import plain

ROOT = Path(__file__).parents[2]
# No promise: what has not happened by then hangs, on however busy a machine.
_SECONDS = 120


class Service:
    """The service with these settings, on a free port; its output goes to a file."""

    def __init__(self, directory: Path, settings: dict[str, str]) -> None:
        self.output = directory / f"service-{time.monotonic_ns()}.log"
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        # Tests look for the row when they have the answer. On a busy machine its commit may take
        # longer than answers wait by default, and then they come from the spool.
        patience = {"LOG_VISIBLE_WAIT_MS": "10000", "LOG_WAIT_SECONDS": "20"}
        own = {"PORT": "0", "LOG_FORMAT": "json", "SPOOL_DIR": str(directory / "spool")}
        defaults = own | patience
        # A warning of ours, or one that a library has for us, must not wait for production.
        self.environment = kept | {"PYTHONWARNINGS": "error"} | defaults | settings
        self.process: subprocess.Popen[bytes] | None = None
        self._port: int | None = None

    def launch(self, *arguments: str) -> "Service":
        """Start without waiting; the arguments are Python's, in place of `-m api`."""
        self._port = None
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, *(arguments or ("-m", "api"))],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
                preexec_fn=ends_with_us(signal.SIGTERM),  # noqa: PLW1509 -- a call to the kernel
            )
        return self

    def __enter__(self) -> "Service":
        self.launch()
        deadline = time.monotonic() + _SECONDS
        while not self._is_ready():
            assert self.process is not None
            assert self.process.poll() is None, f"the service ended: {self.text}"
            assert time.monotonic() < deadline, f"the service is not ready: {self.text}"
            time.sleep(0.05)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self, signal_number: int = signal.SIGTERM) -> int:
        """Ask it to stop; its exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        try:
            return self.process.wait(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def run(self, *arguments: str) -> tuple[int, str]:
        """Start it where it must refuse; its exit status and output."""
        self.launch(*arguments)
        assert self.process is not None
        try:
            return self.process.wait(timeout=_SECONDS), self.text
        finally:
            self.process.kill()
            self.process.wait()

    @property
    def text(self) -> str:
        """What it has written so far."""
        return self.output.read_text()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines of its log, as JSON."""
        return [json.loads(line) for line in self.text.splitlines()]

    def wait_for_line(self, **fields: object) -> dict[str, Any]:
        """The first line with these fields."""
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            for line in self.lines:
                if all(line.get(name) == value for name, value in fields.items()):
                    return line
            time.sleep(0.02)
        raise AssertionError(f"no line with {fields} in {self.text}")

    @property
    def port(self) -> int:
        """The port that it took; looked up once, for its log grows with every request."""
        if self._port is None:
            found = re.search(r'"will serve on".*?"port":(\d+)', self.text)
            assert found, self.text
            self._port = int(found[1])
        return self._port

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def workers(self) -> set[int]:
        """Process ids of the workers: what the process started, but for Python's own helper."""
        assert self.process is not None
        pid = self.process.pid
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return {
            int(child)
            for child in found
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
        }

    def _is_ready(self) -> bool:
        if "startup complete" not in self.text:
            return False
        try:
            # Also where it cannot log: then a test wants to see it refuse.
            return plain.get(f"{self.url}/livez").status_code == 200
        except httpx.TransportError:
            return False
