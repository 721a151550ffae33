"""Several workers share the work: each gets its part of the connections."""

import socket
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from api.http.listener import bind
from tests.api.service import Service
from tests.faults.processes import wait_until

_LISTENING, _ESTABLISHED = "0A", "01"


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


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the workers accept from one socket")
def test_each_worker_gets_its_part_of_the_connections(
    settings: dict[str, str], tmp_path: Path
) -> None:
    with Service(tmp_path, settings | {"WORKERS": "2"}) as service, ExitStack() as stack:
        wait_until(
            lambda: [len(each) for each in sockets(service, _LISTENING)] == [1, 1],
            seconds=30,
            what="both workers listen",
        )
        first, second = sockets(service, _LISTENING)
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
    with Service(tmp_path, settings | {"WORKERS": "2"}) as service:
        second = settings | {"PORT": str(service.port), "WORKERS": workers}
        status, text = Service(tmp_path, second).run()

    assert status == 1
    assert f"cannot listen on 127.0.0.1:{service.port}" in text
    assert "Traceback" not in text


def test_a_bound_port_takes_no_connection_before_a_worker_listens() -> None:
    with bind("127.0.0.1", 0, workers=2) as bound, pytest.raises(ConnectionRefusedError):
        socket.create_connection(bound.getsockname(), timeout=10)


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_host_of_ipv6_is_understood(workers: int) -> None:
    with bind("::1", 0, workers=workers) as bound:
        assert bound.family == socket.AF_INET6
        assert bound.getsockname()[0] == "::1"
