"""`python -m api.keys NAME`: make a key for a caller.

The key goes to standard error, for the caller alone, and the line NAME:HASH for API_KEYS to
standard output.
"""

import sys

from contract import keys


def main() -> int:
    """Make a key; the exit status."""
    return keys.make(sys.argv[1:], "python -m api.keys")


if __name__ == "__main__":
    sys.exit(main())
