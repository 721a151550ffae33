"""Requests as bytes, and what comes back for them."""

import json
import re
import socket
import time
from dataclasses import dataclass

from tests.api.service import Service
from tests.gmsc import SCHEMA

BODY = json.dumps(SCHEMA.example).encode()
_SECONDS = 10


def post(
    *headers: str,
    path: str = "/predict",
    body: bytes = BODY,
    length: int | None = None,
    host: str | None = "test",
) -> bytes:
    """A POST of JSON; `length`: what is declared, where that differs from what is sent."""
    lines = [
        f"POST {path} HTTP/1.1",
        *([] if host is None else [f"Host: {host}"]),
        "Content-Type: application/json",
        *headers,
        f"Content-Length: {len(body) if length is None else length}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(*headers: str, chunks: tuple[bytes, ...] = (BODY,), trailers: bytes = b"") -> bytes:
    """The same with a body in chunks."""
    lines = [
        "POST /predict HTTP/1.1",
        "Host: test",
        "Content-Type: application/json",
        *headers,
        "Transfer-Encoding: chunked",
    ]
    parts = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + parts + b"0\r\n" + trailers + b"\r\n"


@dataclass(frozen=True)
class Told:
    """What came back, and whether the other end closed the connection."""

    data: bytes
    closed: bool

    @property
    def statuses(self) -> list[int]:
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", self.data)]

    @property
    def problem(self) -> str:
        """The kind of the last problem document."""
        kinds: list[bytes] = re.findall(rb'"type":"/problems/([a-z-]+)"', self.data)
        return kinds[-1].decode()


def tell(
    service: Service,
    *parts: bytes,
    pause: float = 0.0,
    answers: int | None = None,
    seconds: float = _SECONDS,
    end: bool = False,
) -> Told:
    """Send the parts, with a pause between them, and read.

    Until the other end closes, `answers` have come, or nothing came for `seconds`; `end`: say
    first that nothing more will be sent.
    """
    with socket.create_connection(("127.0.0.1", service.port), timeout=seconds) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for index, part in enumerate(parts):
                if index:
                    time.sleep(pause)
                connection.sendall(part)
            if end:
                connection.shutdown(socket.SHUT_WR)
        except ConnectionError:
            pass  # it was closed on us; what it said before may still be read
        data = b""
        try:
            while piece := connection.recv(65_536):
                data += piece
                if answers is not None and _whole_answers(data) >= answers:
                    return Told(data, closed=False)
        except TimeoutError:
            return Told(data, closed=False)
    return Told(data, closed=True)


def _whole_answers(data: bytes) -> int:
    count = 0
    while data:
        head, separator, rest = data.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        size = int(length[1]) if length else 0
        if not separator or len(rest) < size:
            return count
        count += not head.startswith(b"HTTP/1.1 100")
        data = rest[size:]
    return count
