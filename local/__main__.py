"""`python -m local run` and the commands of its services: all without Docker."""

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.child import end_with_parent, mind_terminal
from local.errors import LocalError
from local.stack import Stack


def main() -> int:
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    runs = commands.add_parser("run", help="database, migrations, first model, api, monitor")
    runs.add_argument(
        "--with-parent", action="store_true", help="end when its parent ends, as make"
    )
    commands.add_parser("psql", help="open SQL on the running database, as analyst")
    commands.add_parser("db-url", help="print the analyst's connection URL")
    for name, text in (
        ("trainer", "any command of the trainer, on these models"),
        ("outcomes", "what really happened, into this database"),
        ("monitor", "any command of the monitor, on this database"),
        ("retraining", "cases about retraining, on these models and this database"),
        ("replay", "a recorded stream, to the running service"),
    ):
        commands.add_parser(name, help=text).add_argument("arguments", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    command = arguments.command
    stack = Stack(Path(".local"))
    try:
        stack.check_place()
        if command == "run":
            if arguments.with_parent:
                end_with_parent(signal.SIGTERM)
                mind_terminal()
            return run(stack)
        passed_on = {
            "trainer": stack.trainer,
            "outcomes": stack.outcomes,
            "monitor": stack.monitor,
            "retraining": stack.retraining,
            "replay": stack.replay,
        }
        if command in passed_on:
            return passed_on[command](arguments.arguments)
        if command == "db-url":
            sys.stdout.write(f"{stack.url('analyst')}\n")
            return 0
        stack.psql()
    except LocalError as error:
        sys.stderr.write(f"{error}\n")
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        sys.stderr.write(f"{error.filename or 'make local'}: {error.strerror or error}\n")
    return 1


def run(stack: Stack) -> int:
    """Start everything in order and serve until a signal; the api's exit code."""
    stack.check_ports()
    try:
        with _signals_as_interrupts(), stack.exclusively(), stack.postgres():
            stack.migrate()
            stack.first_model()
            return stack.serve()
    except KeyboardInterrupt:
        return 0


@contextmanager
def _signals_as_interrupts() -> Iterator[None]:
    """All that asks for an end ends it as Ctrl-C does, so that the database is stopped as well."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # What nohup ignores stays ignored.
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    yield


if __name__ == "__main__":
    sys.exit(main())
