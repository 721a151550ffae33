"""`retraining verify [CASE]`: whether records and figures are those that were written."""

import argparse
import sys
from typing import Any

from retraining import records
from retraining.arguments import case_argument
from retraining.cases import case_of
from retraining.context import Context
from retraining.records import Record

WRONG = 3


def add(commands: Any) -> None:
    """The command, to those that there are."""
    verify = commands.add_parser("verify", help="whether the records are as they were written")
    verify.add_argument(
        "case", type=case_argument, nargs="?", metavar="CASE", help="only its figures; all cases'"
    )
    verify.add_argument(
        "--holds", metavar="HASH", help="a hash that was kept elsewhere, and is to be among theirs"
    )
    verify.set_defaults(run=_verify)


def check(found: list[Record], holds: str | None) -> str | None:
    """What is wrong with the whole ledger, None where nothing is."""
    if broken := records.first_broken(found):
        return broken
    if holds is not None and holds not in {record.hash for record in found}:
        return f"no record has the hash {holds}: some were taken away, or this is another ledger"
    return None


def _verify(options: argparse.Namespace, context: Context) -> int:
    with context.database.snapshot() as connection:
        found = records.read(connection)
    if wrong := check(found, options.holds):
        sys.stderr.write(f"{wrong}\n")
        return WRONG
    cases = [options.case] if options.case else sorted({record.case_id for record in found})
    differences = [line for case_id in cases for line in _recomputed(context, found, case_id)]
    for line in differences:
        sys.stderr.write(f"{line}\n")
    if differences:
        return WRONG
    if not found:
        sys.stdout.write("there are no records yet\n")
        return 0
    sys.stdout.write(
        f"{len(found):,} records are as they were written, and the figures of"
        f" {len(cases):,} {'case' if len(cases) == 1 else 'cases'} are those of the log; the hash"
        f" of the last record, which is worth keeping elsewhere (--holds):\n{found[-1].hash}\n"
    )
    return 0


def _recomputed(context: Context, found: list[Record], case_id: int) -> list[str]:
    """What a case's figures are no more, by the log as of then; raises CaseUnknown."""
    # All that a training needs, which the other commands do without.
    from retraining.means import Means  # noqa: PLC0415
    from retraining.recomputing import differences  # noqa: PLC0415

    own = case_of(found, case_id).records
    return differences(Means.of(context), own)
