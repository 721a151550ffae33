"""`retraining propose`: a case, or another look at one, as of a time."""

import argparse
import json
import sys
from contextlib import redirect_stdout
from typing import Any

from monitor.arguments import moment_argument
from retraining.context import Context
from retraining.records import Record

_PROPOSER = "retraining"


def add(commands: Any) -> None:
    """Add the command to a parser's."""
    parser = commands.add_parser(
        "propose", help="open a case for an incident, or look at it again, and propose something"
    )
    parser.add_argument("--as-of", type=moment_argument, help="business time (RFC 3339); now")
    about = parser.add_mutually_exclusive_group()
    about.add_argument(
        "--incident", type=int, metavar="ID", help="default: the newest open one of the champion"
    )
    about.add_argument("--manual", metavar="REASON", help="for no incident, but for this reason")
    parser.add_argument(
        "--since",
        type=moment_argument,
        help="what began earlier says nothing of how things are now; default: the onset",
    )
    parser.add_argument("--read-since", type=moment_argument, help="read no rows from before")
    parser.add_argument(
        "--trained-until",
        type=moment_argument,
        help="where the champion was trained by hand on rows of this log: the last of their times",
    )
    parser.add_argument("--by", default=_PROPOSER, help="who proposes; somebody else approves")
    parser.add_argument("--json", action="store_true", help="the record, as JSON")
    parser.set_defaults(run=_propose)


def _propose(options: argparse.Namespace, context: Context) -> int:
    # All that a training needs, which the other commands do without.
    from retraining.means import Means  # noqa: PLC0415
    from retraining.proposing import propose  # noqa: PLC0415
    from retraining.scene import Ask  # noqa: PLC0415

    as_of = options.as_of
    if as_of is None:
        with context.database.snapshot() as connection:
            as_of = context.now(connection)
    wanted = {"since": options.since, "trained_until": options.trained_until}
    if options.read_since is not None:
        wanted["read"] = options.read_since
    ask = Ask(as_of, options.incident, options.manual, **wanted)
    # What the trainer says while it works; the answer alone is on standard output.
    with redirect_stdout(sys.stderr):
        record = propose(Means.of(context), ask, options.by)
    sys.stdout.write(json.dumps(document(record)) + "\n" if options.json else _told(record))
    return 0


def document(record: Record) -> dict[str, Any]:
    """As JSON, whose members are stable."""
    return {
        "case_id": record.case_id,
        "record_id": record.record_id,
        "kind": record.kind,
        "hash": record.hash,
        "by": record.written_by,
        **record.content,
    }


def _told(record: Record) -> str:
    proposal = record.content["proposal"]
    lines = [f"case {record.case_id}: {proposal['verdict']}", proposal["reason"]]
    if proposal["next_look"] is not None:
        lines.append(f"Look again after {proposal['next_look']}.")
    if record.content["challenger"] is not None:
        lines.append(
            f"{record.content['challenger']} is published, and not active:"
            f" `retraining approve {record.case_id}` until {record.content['expires_at']}."
        )
    lines.append(f"More: `retraining show {record.case_id}`, `retraining explain {record.case_id}`")
    return "\n".join(lines) + "\n"
