"""`python -m db migrate | retain`: exit code 0 done, 1 failed, 2 wrong usage or settings."""

import argparse
import sys
from collections.abc import Iterator

import psycopg2
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from contract.schema import SchemaError
from db.errors import DatabaseError, UnsafeSettings
from db.log.session import libpq_variables
from db.migrate import migrate
from db.retention import retain
from db.settings import MigrateSettings, complaints


def main() -> int:
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m db", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the database up to date; does nothing twice")
    retention = commands.add_parser("retain", help="drop months of the log that are too old")
    retention.add_argument("--months", type=_months, required=True, help="whole months to keep")
    retention.add_argument("--apply", action="store_true", help="drop them; else only name them")
    arguments = parser.parse_args()
    try:
        settings = MigrateSettings()
    except ValidationError as error:
        for line in complaints(error):
            _complain(line)
        return 2
    if ignored := libpq_variables():
        _complain(f"ignored: {', '.join(ignored)}; what is to hold stands in DATABASE_ADMIN_URL")
    if settings.default_passwords:
        _complain(f"warning: default password of {', '.join(settings.default_passwords)}")
    try:
        if arguments.command == "migrate":
            _report(migrate(settings), "migrate: nothing to do")
        else:
            steps = retain(settings, months=arguments.months, apply=arguments.apply)
            _report(steps, "retain: nothing is that old")
    except UnsafeSettings as error:
        _complain(str(error))
        return 2
    except (DatabaseError, SchemaError, SQLAlchemyError, psycopg2.Error) as error:
        _complain(f"{arguments.command} failed: {_reason(error)}")
        return 1
    return 0


def _report(steps: Iterator[str], nothing: str) -> None:
    done = False
    for step in steps:
        sys.stdout.write(f"{step}\n")
        sys.stdout.flush()
        done = True
    sys.stdout.write(f"{'done' if done else nothing}\n")


def _reason(error: Exception) -> str:
    """The server's own words, without the statement: that may hold what nobody should read."""
    error = getattr(error, "orig", None) or error
    if isinstance(error, psycopg2.Error) and error.diag.message_primary:
        parts = (error.diag.message_primary, error.diag.message_detail, error.diag.message_hint)
        return ". ".join(part.rstrip(".") for part in parts if part)
    return str(error).strip()


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _months(text: str) -> int:
    months = int(text)
    if months < 1:
        raise argparse.ArgumentTypeError("at least one month is kept")
    return months


if __name__ == "__main__":
    sys.exit(main())
