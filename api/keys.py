"""`python -m api.keys NAME`: make a key for a caller.

The key goes to standard error, for the caller alone, and the line NAME:HASH for API_KEYS to
standard output.
"""

import hashlib
import secrets
import sys

from api.http.keys import ENTRY


def main() -> int:
    """Make a key; the exit status."""
    if len(sys.argv) != 2 or not ENTRY.fullmatch(f"{sys.argv[1]}:{'0' * 64}"):
        sys.stderr.write("python -m api.keys NAME, of 1 to 64 letters, digits, '.', '_', '-'\n")
        return 2
    key = secrets.token_urlsafe(32)
    sys.stderr.write(f"the key of {sys.argv[1]}, shown this once: {key}\n")
    sys.stdout.write(f"{sys.argv[1]}:{hashlib.sha256(key.encode()).hexdigest()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
