"""Nobody waits for the work of clients that have left."""

import json
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import plain
from tests.api.service import Service
from tests.gmsc import SCHEMA

CALLERS = 36
DEEP = '{"":' * 150 + "0" + "}" * 150
# As dear as a body can be: it is read as a whole before it is refused.
DEAR = f'{{"parameters": {{"x": [{",".join([DEEP] * 1100)}]}}}}'.encode()
BATCH = json.dumps({"instances": [SCHEMA.example] * 100}).encode()


@pytest.fixture
def running(settings: dict[str, str], tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path, settings) as service:
        yield service


def begin(service: Service) -> socket.socket:
    """Send a dear body but for its last byte."""
    connection = socket.create_connection(("127.0.0.1", service.port), timeout=30)
    head = (
        f"POST /v2/models/gmsc/infer HTTP/1.1\r\nHost: test\r\nContent-Length: {len(DEAR)}\r\n\r\n"
    )
    connection.sendall(head.encode() + DEAR[:-1])
    return connection


def price(service: Service) -> float:
    """How long the service takes for one of them."""
    with begin(service) as connection:
        began = time.monotonic()
        connection.sendall(DEAR[-1:])
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
    return time.monotonic() - began


def leave(service: Service) -> None:
    """Send many of them, and go, with a reset: an end might be one of sending only."""
    with ExitStack() as stack:
        connections = [stack.enter_context(begin(service)) for _ in range(CALLERS)]
        # An answer shows that what was sent before it has been read.
        assert plain.get(f"{service.url}/livez").status_code == 200
        for connection in connections:
            connection.sendall(DEAR[-1:])
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_the_next_one_is_not_held_up(running: Service) -> None:
    one = price(running)
    leave(running)
    began = time.monotonic()

    response = plain.post(
        f"{running.url}/predict/batch",
        content=BATCH,
        headers={"Content-Type": "application/json"},
        timeout=60,
    )

    waited = time.monotonic() - began
    assert response.status_code == 200
    assert waited < 2 + CALLERS / 6 * one, f"{waited:.2f} s, where one takes {one:.2f} s"


def test_a_stop_is_not_held_up(running: Service) -> None:
    one = price(running)
    leave(running)
    began = time.monotonic()

    code = running.stop()
    assert code == 0, running.text[-3000:]

    waited = time.monotonic() - began
    assert waited < 2 + CALLERS / 6 * one, f"{waited:.2f} s, where one takes {one:.2f} s"


def test_a_stop_ends_in_time_where_the_clients_wait(running: Service) -> None:
    with ExitStack() as stack:
        connections = [stack.enter_context(begin(running)) for _ in range(CALLERS)]
        assert plain.get(f"{running.url}/livez").status_code == 200
        for connection in connections:
            connection.sendall(DEAR[-1:])
        began = time.monotonic()

        assert running.stop() == 0, running.text

        assert time.monotonic() - began < 12
