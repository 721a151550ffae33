"""`python -m outcomes load | export`: what really happened, out of files and into files.

Exit code 0 done, 1 failed, 2 wrong usage or settings, 3 done but for lines that were refused.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from db.log.errors import PredictionLogError
from db.log.session import forget_libpq_variables
from db.settings import complaints
from outcomes import csv_file
from outcomes.connection import OutcomeConnection
from outcomes.errors import OutcomeError
from outcomes.loading import Totals, load_lines
from outcomes.rejects import Rejects
from outcomes.rules import ReportRules
from outcomes.settings import OutcomesSettings
from outcomes.table import Lines

_PARQUET = b"PAR1"
_PROGRESS_SECONDS = 5.0


def main() -> int:
    """Run the command line; the exit code."""
    options = _options()
    try:
        settings = OutcomesSettings()
    except ValidationError as error:
        for line in complaints(error):
            _complain(line)
        return 2
    if ignored := forget_libpq_variables():
        _complain(f"ignored: {', '.join(ignored)}; what is to hold stands in DATABASE_URL")
    try:
        return (_load if options.command == "load" else _export)(settings, options)
    except (OutcomeError, PredictionLogError) as error:
        _complain(f"{options.command} failed: {error}")
    except OSError as error:
        _complain(f"{options.command} failed: {error.filename}: {error.strerror}")
    except KeyboardInterrupt:
        _complain("interrupted: do it again, what is stored stays")
        return 130
    return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m outcomes", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    load = commands.add_parser("load", help="store the reports in a CSV, packed or not, or Parquet")
    load.add_argument("file", type=Path)
    load.add_argument("--dry-run", action="store_true", help="check everything, and store nothing")
    load.add_argument(
        "--rejects", help="where the refused lines go; - is standard output (FILE.rejects.csv)"
    )
    export = commands.add_parser(
        "export", help="write predictions with their outcomes to a new directory, as Parquet"
    )
    export.add_argument("directory", type=Path)
    day = "a day or month of business time, UTC, as 2026-03"
    export.add_argument("--from", dest="first", type=_day, required=True, help=day)
    export.add_argument("--to", dest="end", type=_day, required=True, help=f"{day}; not included")
    export.add_argument(
        "--as-of", type=_moment, help="what was known then (RFC 3339, with its offset); now"
    )
    return parser.parse_args()


def _load(settings: OutcomesSettings, options: argparse.Namespace) -> int:
    file: Path = options.file
    name = options.rejects or f"{file}.rejects.csv"
    lines = _lines(file)
    try:
        rejects = Rejects(None if name == "-" else Path(name))
    except OSError as error:
        raise OutcomeError(
            f"{name} cannot be written ({error.strerror}): say --rejects PATH for the lines that"
            " are refused, or --rejects - for standard output"
        ) from error
    connection = OutcomeConnection(settings.database_url.get_secret_value(), settings.password)
    try:
        totals = load_lines(
            *(connection, lines, ReportRules(datetime.now(UTC)), rejects),
            keep=not options.dry_run,
            progress=_Progress(),
        )
        rejects.publish()
    finally:
        connection.close()
        rejects.close()
    _complain(_summary(totals, name, dry_run=options.dry_run))
    return 3 if totals.rejected else 0


def _export(settings: OutcomesSettings, options: argparse.Namespace) -> int:
    # The library is large, and a CSV needs none of it.
    from outcomes import export  # noqa: PLC0415

    connection = OutcomeConnection(settings.analyst_url(), settings.analyst_password)
    try:
        now = export.settled(connection)
        as_of = options.as_of or now
        if as_of > now:
            raise OutcomeError(f"nothing is known as of {as_of}, which is to come: it is {now}")
        span = export.Span(options.first, options.end, as_of)
        manifest = export.export(connection, span, options.directory)
    finally:
        connection.close()
    count = len(manifest["files"])
    _complain(f"{manifest['rows']:,} predictions in {count} files as of {as_of.isoformat()}")
    return 0


def _day(text: str) -> datetime:
    for form in ("%Y-%m-%d", "%Y-%m"):
        with suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=UTC)
    raise argparse.ArgumentTypeError("must be a day or a month, as 2026-03-01 or 2026-03")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("must be a time with its offset, as 2026-03-01T00:00:00Z")
    return moment.astimezone(UTC)


def _lines(file: Path) -> Iterator[Lines]:
    with file.open("rb") as opened:
        is_parquet = opened.read(4) == _PARQUET
    if not is_parquet:
        return csv_file.read(file)
    # The library is large, and a CSV needs none of it.
    from outcomes import parquet_file  # noqa: PLC0415

    return parquet_file.read(file)


class _Progress:
    """Says how far it is, now and then."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _PROGRESS_SECONDS

    def __call__(self, totals: Totals) -> None:
        """The totals so far."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _PROGRESS_SECONDS
            _complain(f"{totals.lines:,} lines, {totals.rejected:,} of them refused ...")


def _summary(totals: Totals, rejects: str, *, dry_run: bool) -> str:
    stored = "would be stored" if dry_run else "stored"
    refused = f", {totals.rejected:,} refused" + (f": see {rejects}" if rejects != "-" else "")
    return (
        f"{totals.lines:,} lines: {totals.stored:,} {stored},"
        f" {totals.duplicates:,} were there already" + (refused if totals.rejected else "")
    )


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
