"""A receiver of webhooks: a process of its own, which checks signatures and fails as it is told.

`python -m tests.monitor.webhook.receiver` takes a line of words, what to do with each request in
turn (the last for all that follow), and writes a line of JSON for each request, after its own port.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from tests.faults.processes import wait_until

ROOT = Path(__file__).parents[3]


class _Handler(BaseHTTPRequestHandler):
    script: ClassVar[list[str]] = []
    taking = threading.Lock()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.taking:
            deed = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen = {"deed": deed, "path": self.path, "headers": headers, "body": body.decode()}
            sys.stdout.write(json.dumps(seen) + "\n")
            sys.stdout.flush()
        getattr(self, f"_{deed.partition(':')[0]}")(deed.partition(":")[2])

    def _status(self, status: str) -> None:
        self.send_response(int(status))
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _hang(self, seconds: str) -> None:
        time.sleep(float(seconds))
        self._status("200")

    def _drip(self, _: str) -> None:
        for _byte in range(1000):
            self.wfile.write(b"H")
            time.sleep(0.02)

    def _endless(self, _: str) -> None:
        """A good status, and a body that never ends."""
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(b"x" * 65536)

    def _noise(self, _: str) -> None:
        self.wfile.write(b"\x16\x03\x01 secret words\r\n\r\n")

    def _drop(self, _: str) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Nothing: standard output is for what came."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that left is no news."""


class Receiver:
    """The process, and what it got."""

    def __init__(self, directory: Path) -> None:
        self._output = directory / "receiver.out"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def start(self, *script: str) -> None:
        """Begin, on the port that it had before; what it got before is forgotten."""
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(self.port), *script],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"]},
                stdout=output,
            )
        wait_until(lambda: bool(self._lines()), seconds=20, what="the receiver listens")
        self.port = self._lines()[0]

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/incidents?token=sesame"

    @property
    def got(self) -> list[dict[str, Any]]:
        """Each request so far."""
        return self._lines()[1:]

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        wait_until(lambda: len(self.got) >= count, seconds=20, what=f"{count} messages came")
        return self.got

    def _lines(self) -> list[Any]:
        return [json.loads(line) for line in self._output.read_text().splitlines()]


@contextmanager
def receiver(directory: Path, *script: str) -> Iterator[Receiver]:
    made = Receiver(directory)
    made.start(*script)
    try:
        yield made
    finally:
        made.kill()


def main() -> None:
    port, *script = sys.argv[1:]
    _Handler.script = script
    server = _Server(("127.0.0.1", int(port)), _Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
