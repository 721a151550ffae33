"""`retraining approve CASE | reject CASE | promote CASE | rollback`: what people decide."""

import argparse
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

from monitor.arguments import moment_argument
from monitor.database import MonitorConnection
from retraining import approvals, promotion
from retraining.arguments import case_argument
from retraining.changes import settle
from retraining.context import Context
from retraining.promotion import Evidence
from retraining.records import Record

_NOBODY = "somebody at the command line"


def add(commands: Any, evidence_of: Callable[[Context], Evidence]) -> None:
    """The commands, to those that there are."""
    approve = commands.add_parser("approve", help="agree with what a case proposes")
    approve.set_defaults(run=_decide, decide=approvals.approve, done="approved")
    reject = commands.add_parser("reject", help="end a case without a change")
    reject.set_defaults(run=_decide, decide=approvals.reject, done="rejected")
    promote = commands.add_parser("promote", help="make what was approved active")
    promote.set_defaults(run=_promote, evidence_of=evidence_of)
    rollback = commands.add_parser("rollback", help="go back to before the last promotion")
    rollback.set_defaults(run=_roll_back)
    for command in (approve, reject, promote):
        command.add_argument("case", type=case_argument, metavar="CASE", help="its number")
    for command in (approve, reject):
        command.add_argument("--by", required=True, help="who decides: not who proposed it")
        command.add_argument("--reason", required=True, help="why, for whoever reads it later")
    for command in (promote, rollback):
        command.add_argument("--by", default=_NOBODY, help="who does it")
    rollback.add_argument("--reason", default="No reason was given.", help="why")
    for command in (approve, reject, promote, rollback):
        command.add_argument(
            "--as-of", type=moment_argument, help="business time of it (RFC 3339); now"
        )


def _decide(options: argparse.Namespace, context: Context) -> int:
    with context.database.connection() as connection:
        _settle(connection, context)
        options.decide(
            *(connection, options.case),
            by=options.by,
            reason=options.reason,
            at=_at(options, context, connection),
        )
    next_step = f": `retraining promote {options.case}` makes it active"
    _say(f"case {options.case} is {options.done}" + next_step * (options.done == "approved"))
    return 0


def _promote(options: argparse.Namespace, context: Context) -> int:
    with context.database.connection() as connection:
        done = promotion.promote(
            *(connection, context.store, options.case),
            policy_sha256=context.policy.sha256,
            evidence=options.evidence_of(context),
            autonomous=context.policy.approval.autonomous,
            by=options.by,
            at=_at(options, context, connection),
        )
    _say(f"case {done.case_id} is promoted: {_active(done)}")
    return 0


def _roll_back(options: argparse.Namespace, context: Context) -> int:
    with context.database.connection() as connection:
        done = promotion.roll_back(
            *(connection, context.store),
            by=options.by,
            reason=options.reason,
            at=_at(options, context, connection),
        )
    _say(f"case {done.case_id} is rolled back: {_active(done)}")
    return 0


def _settle(connection: MonitorConnection, context: Context) -> None:
    done = settle(connection, context.store)
    if done is not None:
        sys.stderr.write(
            f"case {done.case_id}: a change that was interrupted is {done.kind.replace('_', ' ')}\n"
        )


def _at(options: argparse.Namespace, context: Context, connection: MonitorConnection) -> datetime:
    if options.as_of is not None:
        found: datetime = options.as_of
        return found
    with connection.attempt():
        return context.now(connection)


def _active(done: Record) -> str:
    return f"{done.content['to']} is active now; it was {done.content['from']}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
