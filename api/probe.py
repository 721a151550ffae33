"""`python -m api.probe`: exit code 0 while the service of this container can serve, else 1."""

import http.client
import os
import sys

_SECONDS = 2


def main() -> int:
    """Ask /readyz; the exit code."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=_SECONDS
    )
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
    except OSError as error:
        sys.stderr.write(f"no answer from the service: {error}\n")
        return 1
    if answer.status != http.client.OK:
        sys.stderr.write(f"not ready: {text}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
