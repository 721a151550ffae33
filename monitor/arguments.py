"""Arguments that several commands of the monitor take."""

import argparse
from datetime import datetime

from contract.case import moment


def moment_argument(text: str) -> datetime:
    """A time of RFC 3339 with its offset, in UTC; raises ArgumentTypeError."""
    found = moment(text)
    if found is None:
        raise argparse.ArgumentTypeError("must be a time with its offset, as 2026-03-01T00:00:00Z")
    return found
