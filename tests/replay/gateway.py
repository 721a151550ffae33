"""A gateway before the api that loses requests and answers."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

import httpx

Fate = Literal["pass", "lose the request", "lose the answer"]
_KEPT = ("content-type", "authorization", "x-api-key")


class Gateway(ThreadingHTTPServer):
    """Hands requests on to `target`; each POST meets a fate of its own."""

    daemon_threads = True

    def __init__(self, target: str, chosen: random.Random) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.client = httpx.Client(base_url=target, timeout=30)
        self.fates: list[Fate] = []
        self._chosen = chosen

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def fate(self) -> Fate:
        """Of the next request; twice in a row now and then."""
        fates: tuple[Fate, ...] = ("pass", "pass", "lose the request", "lose the answer")
        self.fates.append(self._chosen.choice(fates))
        return self.fates[-1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gateway

    def do_GET(self) -> None:
        self._answer(self._asked(b""))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fate = self.server.fate()
        answer = None if fate == "lose the request" else self._asked(body)
        if answer is None or fate == "lose the answer":
            self.close_connection = True
        else:
            self._answer(answer)

    def _asked(self, body: bytes) -> httpx.Response:
        headers = {name: self.headers[name] for name in _KEPT if name in self.headers}
        return self.server.client.request(self.command, self.path, content=body, headers=headers)

    def _answer(self, answer: httpx.Response) -> None:
        self.send_response(answer.status_code)
        self.send_header("Content-Type", answer.headers["content-type"])
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def gateway(target: str, seed: int) -> Iterator[Gateway]:
    """One that serves until the end."""
    with Gateway(target, random.Random(seed)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
            server.client.close()
