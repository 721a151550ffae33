"""Several workers share the work: each gets its part of the connections."""

import socket
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from api.listener import bind
from tests.api.service import Service
from tests.conftest import Database

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere the workers accept from one socket"
)

_LISTENING, _ESTABLISHED = "0A", "01"


@pytest.fixture
def settings(models: Path, log_database: Database) -> dict[str, str]:
    return {"MODELS_DIR": str(models), "DATABASE_URL": log_database.url("api"), "WORKERS": "2"}


def sockets(service: Service, state: str) -> list[set[str]]:
    """The sockets of the service's port in this state, each worker's."""
    inodes = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, found, *rest = line.split()
        if int(local.split(":")[1], 16) == service.port and found == state:
            inodes.add(f"socket:[{rest[5]}]")
    return [inodes & links(pid) for pid in service.workers]


def links(pid: int) -> set[str]:
    found = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(str(descriptor.readlink()))
        except FileNotFoundError:
            continue  # closed meanwhile
    return found


def wait_for_both(service: Service) -> list[set[str]]:
    """The sockets that they listen on, once both do."""
    deadline = time.monotonic() + 30
    while len(found := [each for each in sockets(service, _LISTENING) if each]) < 2:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def test_each_worker_gets_its_part_of_the_connections(
    settings: dict[str, str], tmp_path: Path
) -> None:
    with Service(tmp_path, settings) as service, ExitStack() as stack:
        first, second = wait_for_both(service)
        assert not first & second
        for _ in range(128):
            connection = socket.create_connection(("127.0.0.1", service.port), timeout=10)
            stack.enter_context(connection)
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: test\r\n\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")

        found = [len(each) for each in sockets(service, _ESTABLISHED)]

    assert sum(found) == 128
    # By chance, as from the kernel's hash, fewer than 40 come about once in 100,000 times.
    assert min(found) >= 40


@pytest.mark.parametrize("workers", ["1", "2"])
def test_workers_of_another_service_do_not_share_the_port(
    settings: dict[str, str], tmp_path: Path, workers: str
) -> None:
    with Service(tmp_path, settings) as service:
        second = settings | {"PORT": str(service.port), "WORKERS": workers}
        status, text = Service(tmp_path, second).run()

    assert status == 1
    assert f"cannot listen on 127.0.0.1:{service.port}" in text
    assert "Traceback" not in text


def test_a_bound_port_takes_no_connection_before_a_worker_listens() -> None:
    with bind("127.0.0.1", 0, workers=2) as bound, pytest.raises(ConnectionRefusedError):
        socket.create_connection(bound.getsockname(), timeout=10)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_host_of_ipv6_is_understood(workers: int) -> None:
    with bind("::1", 0, workers=workers) as bound:
        assert bound.family == socket.AF_INET6
        assert bound.getsockname()[0] == "::1"
