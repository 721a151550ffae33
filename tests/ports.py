"""Ports for the servers that tests start."""

import os
import random
import socket

# Below those that the kernel gives to connections on their way out: a server that is started again
# finds its port free.
_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, and that tests of other workers are not given."""
    while True:
        port = random.choice(_share())
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def _share() -> range:
    """The ports of this process among those of pytest -n."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return _PORTS[worker % count :: count]
