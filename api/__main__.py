"""`python -m api`: serve until SIGTERM or SIGINT.

Exit status: 0 after a stop that was asked for, 1 where the service refuses to start or its port
is taken, 2 where the settings are invalid.
"""

import os
import sys
from importlib.metadata import entry_points


def main() -> int:
    """Serve; the exit status."""
    # FastAPI imports OpenTelemetry, which fails over this one as soon as it is imported.
    for name in os.environ.get("OTEL_PROPAGATORS", "").split(","):
        known = {"", "none"}.union(entry_points(group="opentelemetry_propagator").names)
        if name.strip() not in known:
            sys.stderr.write(
                "OTEL_PROPAGATORS: names one whose package is not installed: use tracecontext,"
                " baggage or none\n"
            )
            return 2
    from api import server  # noqa: PLC0415 -- see above

    return server.main()


if __name__ == "__main__":
    sys.exit(main())
