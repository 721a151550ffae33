"""`python -m api.probe`: exit code 0 while the service of this container can serve, else 1."""

import os
import sys

from contract.probe import probe

if __name__ == "__main__":
    sys.exit(probe("service", int(os.environ.get("PORT", "8000"))))
