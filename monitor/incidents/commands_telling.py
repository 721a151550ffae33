"""`monitor incidents` and `monitor explain ID`: incidents on a terminal, or as JSON.

Standard output holds what was asked for alone; whatever else is said goes to standard error.
"""

import argparse
import json
import sys
from datetime import UTC, datetime
from typing import Any

from monitor.arguments import moment_argument
from monitor.database import Database, Reader
from monitor.incidents import plain, reading
from monitor.incidents.incident import listed
from monitor.page import records
from monitor.page.words import when


def add(commands: Any) -> None:
    """The two commands, to those that there are."""
    several = commands.add_parser("incidents", help="those that were opened, the newest first")
    several.add_argument("--json", action="store_true", help="as GET /api/incidents has them")
    several.add_argument("--open", action="store_true", help="only those that are open")
    several.set_defaults(run=_list)
    explained = commands.add_parser("explain", help="one incident: what, since when, why")
    explained.add_argument("incident_id", type=int, metavar="ID", help="its number")
    explained.set_defaults(run=_explain)
    for command in (several, explained):
        command.add_argument(
            "--as-of",
            type=moment_argument,
            help="as it was known then (RFC 3339, with its offset); now",
        )


def _list(options: argparse.Namespace, database: Database, _settings: object) -> int:
    with database.snapshot() as connection:
        found = reading.incidents(connection, options.as_of)
        now = options.as_of or _now(connection)
    if options.open:
        found = [incident for incident in found if incident.closed_at is None]
    if options.json:
        sys.stdout.write(json.dumps(listed(found), indent=2, allow_nan=False) + "\n")
    else:
        sys.stdout.write(plain.listing(found, now, only_open=options.open))
    return 0


def _explain(options: argparse.Namespace, database: Database, _settings: object) -> int:
    number, as_of = options.incident_id, options.as_of
    with database.snapshot() as connection:
        found = reading.incident(connection, number, as_of)
        now = as_of or _now(connection)
    if found is None:
        then = f" by {when(as_of)}" if as_of else ""
        sys.stderr.write(
            f"there was no incident {number}{then}: `monitor incidents` lists those that were"
            " opened\n"
        )
        return 1
    sys.stdout.write(plain.explanation(found, now))
    return 0


def _now(connection: Reader) -> datetime:
    """The business time of the last round; before the first, that of the system."""
    last = records.last_round(connection)
    return last.as_of.astimezone(UTC) if last.rolled_at else datetime.now(UTC)
