"""`python -m monitor.probe`: exit code 0 while the page of this container can be read, else 1."""

import os
import sys

from contract.probe import probe

if __name__ == "__main__":
    sys.exit(probe("monitor", int(os.environ.get("MONITOR_PORT") or "8001")))
