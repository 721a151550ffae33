"""`python -m monitor note TEXT | accept ID --because TEXT`: what people tell the monitor."""

import argparse
import sys
from typing import Any

from monitor.arguments import moment_argument
from monitor.database import Database
from monitor.incidents import notes
from monitor.incidents.hours import rfc3339
from monitor.settings import MonitorSettings


def add(commands: Any) -> None:
    """Add the commands to the parser's."""
    note = commands.add_parser("note", help="say what happened, as a release of a calling program")
    note.add_argument("text", help="a line, as people will read it")
    note.add_argument("--at", type=moment_argument, help="when (RFC 3339, with its offset); now")
    note.add_argument("--by", help="who says so")
    note.set_defaults(run=_note)
    accept = commands.add_parser("accept", help="take an incident's state as the new normal")
    accept.add_argument("incident", type=_number, help="its number")
    accept.add_argument("--because", required=True, metavar="TEXT", help="why, for others to read")
    accept.add_argument("--by", help="who says so")
    accept.set_defaults(run=_accept)


def _note(options: argparse.Namespace, database: Database, _settings: MonitorSettings) -> int:
    with database.connection() as connection:
        note_id, at = notes.write(connection, options.text, options.at, options.by)
    sys.stdout.write(f"note {note_id} is kept, of {rfc3339(at)}\n")
    return 0


def _accept(options: argparse.Namespace, database: Database, _settings: MonitorSettings) -> int:
    with database.connection() as connection:
        try:
            notes.accept(connection, options.incident, options.because, options.by)
        except notes.Already as already:
            sys.stderr.write(f"{already}; nothing was written\n")
            return 0
    sys.stdout.write(
        f"incident {options.incident} is accepted: the next look closes it, and what comes later"
        " is compared with its state\n"
    )
    return 0


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text[:19]) < 2**63:
        raise argparse.ArgumentTypeError("must be the number of an incident, as 7")
    return int(text)
