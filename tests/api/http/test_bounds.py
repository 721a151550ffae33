"""What one caller can hold of the service is bounded: time, places, memory."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests import plain
from tests.api.service import Service
from tests.api.test_bad_input import check_problem
from tests.conftest import Database
from tests.gmsc import SCHEMA

PLACES = 2
LARGE = json.dumps({"instances": [SCHEMA.example] * 800}).encode()


@pytest.fixture(scope="module")
def bounded(
    models: Path, log_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    settings = {
        "MODELS_DIR": str(models),
        "DATABASE_URL": log_database.url("api"),
        "BODY_TIMEOUT_SECONDS": "1",
        "MAX_REQUESTS_IN_FLIGHT": str(PLACES),
        "MAX_BODY_BYTES_IN_FLIGHT": str(len(LARGE)),
    }
    with Service(tmp_path_factory.mktemp("bounded"), settings) as running:
        yield running


@contextmanager
def unfinished(service: Service, path: str, part: bytes) -> Iterator[socket.socket]:
    """A request of which the last byte has not been sent."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(part) + 1}\r\n\r\n"
        )
        connection.sendall(head.encode() + part)
        yield connection


def answer(connection: socket.socket) -> bytes:
    """Everything until the other end closes."""
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


@pytest.mark.parametrize("part", [b"", b"{"])
def test_a_body_that_does_not_come_gets_408_and_the_connection_is_closed(
    bounded: Service, part: bytes
) -> None:
    with unfinished(bounded, "/predict", part) as connection:
        received = answer(connection)

    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in head
    assert json.loads(body)["type"] == "/problems/body-too-slow"


def test_more_requests_than_there_are_places_get_503_until_one_is_over(bounded: Service) -> None:
    with (
        unfinished(bounded, "/predict", b"{") as first,
        unfinished(bounded, "/predict", b"{") as second,
    ):
        response = _wait_for(bounded, 503)
        assert plain.get(f"{bounded.url}/readyz").status_code == 200
        answer(first)
        answer(second)

    check_problem(response, 503, "overloaded")
    assert response.headers["Retry-After"] == "1"
    assert plain.post(f"{bounded.url}/predict", json=SCHEMA.example).status_code == 200


def test_bodies_that_would_fill_the_memory_get_503_and_small_ones_go_on(bounded: Service) -> None:
    with unfinished(bounded, "/predict/batch", LARGE[:-1]) as connection:
        response = _wait_for(bounded, 503, content=LARGE)
        small = plain.post(f"{bounded.url}/predict", json=SCHEMA.example)
        answer(connection)

    check_problem(response, 503, "overloaded")
    assert small.status_code == 200
    headers = {"Content-Type": "application/json"}
    url = f"{bounded.url}/predict/batch"
    assert plain.post(url, content=LARGE, headers=headers).status_code == 200


def test_a_body_that_is_too_large_already_is_refused_before_its_end(
    settings: dict[str, str], tmp_path: Path
) -> None:
    settings |= {"MAX_BODY_BYTES": "1024", "BODY_TIMEOUT_SECONDS": "5"}
    chunk = b" " * 2000
    with (
        Service(tmp_path, settings) as service,
        socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection,
    ):
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(chunk), chunk)
        )
        received = answer(connection)

    assert received.startswith(b"HTTP/1.1 413 ")


def _wait_for(service: Service, status: int, content: bytes | None = None) -> httpx.Response:
    """Ask until the unfinished requests are seen; they last a second."""
    path = "/predict/batch" if content else "/predict"
    content = content or json.dumps(SCHEMA.example).encode()
    headers = {"Content-Type": "application/json"}
    for _ in range(50):
        response = plain.post(service.url + path, content=content, headers=headers)
        if response.status_code == status:
            return response
    raise AssertionError(f"never {status}, but {response.status_code}")
