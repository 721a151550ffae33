"""Ports of this machine."""

import socket


def taken(port: int) -> str | None:
    """Why nobody can listen on a port of 127.0.0.1 now; None where one can."""
    with socket.socket() as probe:
        # A port that a server has just left is not taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.strerror or str(error)
    return None


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
