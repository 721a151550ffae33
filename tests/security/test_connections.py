"""Clients that send too much, leave too early, or do not take what they asked for."""

import socket
import struct
import time
from pathlib import Path

import pytest

from tests.api.service import Service
from tests.security.wire import BODY, post, tell

SCRIPT = b"GET /docs/assets/swagger-ui-bundle.js HTTP/1.1\r\nHost: test\r\n\r\n"


def test_a_client_that_sends_all_before_it_reads_finds_its_answer(service: Service) -> None:
    told = tell(service, post(body=b" " * 20_000_000))

    assert (told.statuses, told.problem, told.closed) == ([413], "body-too-large", True)


def test_the_rest_of_a_request_with_an_early_answer_is_no_request(service: Service) -> None:
    inner = post("X-Request-ID: inner")
    head = post(path="/nothing", body=b"", length=len(inner))

    told = tell(service, head, inner, post(), pause=0.1, answers=2)

    assert told.statuses == [404, 200]
    assert b"inner" not in told.data


def test_a_client_that_was_not_told_to_send_its_body_cannot_go_on(service: Service) -> None:
    told = tell(service, post("Expect: 100-continue", path="/nothing", body=b"", length=5))

    assert (told.statuses, told.closed) == ([404], True)


def test_a_client_that_waits_to_be_let_on_is_let_on(service: Service) -> None:
    head = post("Expect: 100-continue", body=b"", length=len(BODY))

    told = tell(service, head, BODY, pause=0.1, answers=1)

    assert told.statuses == [100, 200]


@pytest.mark.parametrize("requests", [SCRIPT, SCRIPT * 2, SCRIPT + post(), post() * 3])
def test_a_reset_in_the_middle_of_an_answer_is_no_error(service: Service, requests: bytes) -> None:
    before = len([line for line in service.lines if line["level"] == "error"])

    for pause in (0.0, 0.01, 0.1):
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", service.port))
            connection.sendall(requests)
            time.sleep(pause)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert tell(service, post(), answers=1).statuses == [200]

    errors = [line for line in service.lines if line["level"] == "error"]
    assert errors[before:] == []


def test_a_stop_does_not_wait_for_idle_or_lingering_clients(
    settings: dict[str, str], tmp_path: Path
) -> None:
    with Service(tmp_path, settings) as service:
        address = ("127.0.0.1", service.port)
        with (
            socket.create_connection(address) as idle,
            socket.create_connection(address) as slow,
            socket.create_connection(address) as lingering,
        ):
            idle.sendall(post())
            assert idle.recv(100).startswith(b"HTTP/1.1 200")
            slow.sendall(b"GET /livez HT")
            lingering.sendall(post(body=b" " * 3_000_000))
            assert lingering.recv(100).startswith(b"HTTP/1.1 413")
            began = time.monotonic()
            assert service.stop() == 0

    assert time.monotonic() - began < 5
