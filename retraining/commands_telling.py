"""`retraining list | show CASE | explain CASE | champion`: what was proposed, decided and served.

Standard output holds what was asked for alone.
"""

import argparse
import json
import sys
from datetime import UTC, datetime
from typing import Any

from monitor.arguments import moment_argument
from monitor.page.words import when
from retraining import records, words
from retraining.arguments import case_argument
from retraining.cases import Case, case_of, cases_of
from retraining.champion import champion
from retraining.context import Context


def add(commands: Any) -> None:
    """The commands, to those that there are."""
    listed = commands.add_parser("list", help="all cases, the newest first")
    listed.add_argument("--open", action="store_true", help="only where there is something to do")
    listed.set_defaults(run=_list)
    show = commands.add_parser("show", help="a case: what is proposed, who decided, its history")
    show.set_defaults(run=_show, told=words.shown)
    explain = commands.add_parser("explain", help="a case: why that, and not the others")
    explain.set_defaults(run=_show, told=words.explained)
    for command in (show, explain):
        command.add_argument("case", type=case_argument, metavar="CASE", help="its number")
    for command in (listed, show, explain):
        command.add_argument(
            "--as-of",
            type=moment_argument,
            help="as it was known then (business time, RFC 3339 with its offset); now",
        )
    served = commands.add_parser("champion", help="what served when, and on whose approval")
    served.add_argument("--at", type=moment_argument, help="system time, RFC 3339; now")
    served.set_defaults(run=_champion)
    for command in (listed, show, explain, served):
        command.add_argument("--json", action="store_true", help="as JSON")


def _list(options: argparse.Namespace, context: Context) -> int:
    with context.database.snapshot() as connection:
        as_of = options.as_of or context.now(connection)
        found = cases_of(records.read(connection), as_of)
    if options.open:
        found = [case for case in found if case.is_open]
    if options.json:
        _write([words.document(case) for case in reversed(found)])
    else:
        sys.stdout.write(words.listing(found))
    return 0


def _show(options: argparse.Namespace, context: Context) -> int:
    case = _case(context, options.case, options.as_of)
    if options.json:
        _write(words.document(case))
    else:
        sys.stdout.write(options.told(case))
    return 0


def _champion(options: argparse.Namespace, context: Context) -> int:
    at = options.at or datetime.now(UTC)
    with context.database.snapshot() as connection:
        found = champion(connection, records.read(connection), at)
    if options.json:
        _write(None if found is None else {"at": records.rfc3339(at)} | found.document())
    elif found is not None:
        sys.stdout.write(words.served(found))
    if found is None:
        sys.stderr.write(f"no process is known that served at {when(at)}\n")
        return 1
    return 0


def _case(context: Context, case_id: int, as_of: datetime | None) -> Case:
    with context.database.snapshot() as connection:
        as_of = as_of or context.now(connection)
        return case_of(records.read(connection, case_id), case_id, as_of)


def _write(found: Any) -> None:
    sys.stdout.write(json.dumps(found, indent=2, allow_nan=False, ensure_ascii=False) + "\n")
