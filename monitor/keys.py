"""`python -m monitor.keys NAME`: make a key for somebody who may see the page.

The key goes to standard error, for that person alone, and the line NAME:HASH for MONITOR_KEYS to
standard output.
"""

import sys

from contract import keys


def main() -> int:
    """Make a key; the exit status."""
    return keys.make(sys.argv[1:], "python -m monitor.keys")


if __name__ == "__main__":
    sys.exit(main())
