"""`python -m monitor clock [show | release]`: the business time that a replay holds."""

import argparse
import sys
from typing import Any

from monitor import clock
from monitor.database import Database
from monitor.incidents.hours import rfc3339
from monitor.settings import MonitorSettings


def add(commands: Any) -> None:
    """Add the command to the parser's."""
    parser = commands.add_parser("clock", help="the business time that is held: show it, let it go")
    parser.add_argument("action", nargs="?", choices=["show", "release"], default="show")
    parser.set_defaults(run=_clock)


def _clock(options: argparse.Namespace, database: Database, _settings: MonitorSettings) -> int:
    if options.action == "release":
        released = clock.release(database)
        said = (
            "was not held" if released is None else f"was held at {rfc3339(released)}, and goes on"
        )
    else:
        with database.snapshot() as reader:
            held = clock.held(reader)
        said = "is now" if held is None else f"is held at {rfc3339(held)}"
    sys.stdout.write(f"business time {said}\n")
    return 0
