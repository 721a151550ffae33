"""`python -m monitor.probe`: exit code 0 while the page of this container can be read, else 1."""

import http.client
import os
import sys

_SECONDS = 2


def main() -> int:
    """Ask /readyz; the exit code."""
    port = int(os.environ.get("MONITOR_PORT") or "8001")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
    except OSError as error:
        sys.stderr.write(f"no answer from the monitor: {error}\n")
        return 1
    if answer.status != http.client.OK:
        sys.stderr.write(f"not ready: {text}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
