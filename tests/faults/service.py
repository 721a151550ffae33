"""The real api as a process, the plain one or with a fault in it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.child import ends_with_us
from tests.conftest import free_port
from tests.faults.processes import descendants, send, wait_until

ROOT = Path(__file__).parents[2]


@dataclass
class Service:
    """`python -m api` with these settings; with `faults`, `python -m tests.faults.launch`."""

    settings: dict[str, str]
    log: Path
    faults: dict[str, Any] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start, and return when it is ready; the seconds that took."""
        self.launch()
        return wait_until(self.is_ready, seconds=30, what=f"the api is ready; see {self.log}")

    def launch(self) -> None:
        """Start without waiting."""
        module = "tests.faults.launch" if self.faults else "api"
        base = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ}
        own = {"PORT": str(self.port), "FAULTS_IN_PROCESS": json.dumps(self.faults)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=ROOT,
                env=base | self.settings | own,
                stdout=log,
                stderr=log,
                preexec_fn=ends_with_us(signal.SIGTERM),  # noqa: PLW1509 -- a call to the kernel
            )

    @property
    def pid(self) -> int:
        """Its process."""
        assert self.process is not None
        return self.process.pid

    @property
    def ended(self) -> bool:
        """Whether the process is gone, by itself or not."""
        return self.process is None or self.process.poll() is not None

    def kill(self) -> None:
        """SIGKILL to it and its workers."""
        if self.process is not None and self.process.poll() is None:
            send(descendants(self.process.pid), signal.SIGKILL)
        if self.process is not None:
            self.process.wait(timeout=10)

    def stop(self) -> float:
        """SIGTERM; the seconds until it was gone, of which more than 20 are a failure."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)
        return time.monotonic() - began

    def is_ready(self) -> bool:
        """Whether /readyz says so; fails when the process ended instead."""
        assert not self.ended, f"the api ended: {self.log.read_text()[-2000:]}"
        return self.get("/readyz")[0] == 200

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """Status and JSON document of a GET; status 0 where nothing answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error) if error.code == 503 else {}
        except OSError:
            return 0, {}

    def predict(self, body: bytes) -> dict[str, Any]:
        """The answer of /predict, which must be a 200."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/predict",
            data=body,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5) as reply:
            answer: dict[str, Any] = json.load(reply)
        return answer

    def log_state(self) -> dict[str, Any]:
        """What /health says of the log, whether it is well or not."""
        _, document = self.get("/health")
        report = document.get("health", document)
        state: dict[str, Any] = report.get("log", {})
        return state

    def wait_for_state(self, *states: str, seconds: float = 15) -> float:
        """Wait until /health names one of these states; the seconds that took."""
        return wait_until(
            lambda: self.log_state().get("state") in states,
            seconds=seconds,
            what=f"the log is {' or '.join(states)}, but {self.log_state()}",
        )
