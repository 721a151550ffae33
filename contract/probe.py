"""Whether a service of this container is ready, for the container's health check."""

import http.client
import sys

_SECONDS = 2


def probe(name: str, port: int) -> int:
    """Ask /readyz; exit code 0 where it is ready, else 1. `name` is said where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
    except OSError as error:
        sys.stderr.write(f"no answer from the {name}: {error}\n")
        return 1
    if answer.status != http.client.OK:
        sys.stderr.write(f"not ready: {text}\n")
        return 1
    return 0
