"""The socket that the service accepts from; with several workers, one for each of them."""

import socket
import sys
from typing import TypeVar

Socket = TypeVar("Socket", bound=socket.socket)
Address = tuple[str, int] | tuple[str, int, int, int]

# Elsewhere SO_REUSEPORT is missing, or gives one socket all connections.
_SPREADS = sys.platform == "linux"


class WorkerSocket(socket.socket):
    """A bound socket that becomes another process's own one where it is sent there (SO_REUSEPORT).

    Of one socket that all workers accept from, the worker that wakes first takes whatever waits:
    it got 55 of 64 connections, 14 of 16, and the others had little to do. Of sockets of their own
    the kernel spreads the connections, and those of a worker that died get none.
    """

    def __reduce__(self) -> tuple[object, ...]:
        return _own, (self.family, self.getsockname())


def bind(host: str, port: int, *, workers: int) -> socket.socket:
    """A socket that is bound and does not listen yet, for `workers` processes.

    Raises OSError, also where another service has the port: what may be shared among workers is
    tried alone first.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    alone = _bound(socket.socket(family), (host, port))
    if workers == 1 or not _SPREADS:
        return alone
    address = alone.getsockname()
    alone.close()
    return _own(family, address)


def _own(family: socket.AddressFamily, address: Address) -> WorkerSocket:
    own = WorkerSocket(family)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return _bound(own, address)


def _bound(made: Socket, address: Address) -> Socket:
    # A port that a service has just left is not taken.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made
