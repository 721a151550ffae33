"""`python -m monitor serve | once | verify | ...`: the log counted, watched, and the page.

`incidents` and `explain` tell of what was found, `note` and `accept` take what people know, `clock`
holds business time, and `webhook` tries the receiver.

Exit code 0 done, 1 failed, 2 wrong usage or settings, 3 the counts are not those of the log.
"""

import argparse
import logging
import sys
from collections.abc import Callable
from functools import partial

from pydantic import ValidationError

from contract.secret import SecretError
from contract.signature import SigningKeys
from db.log.errors import PredictionLogError
from db.log.session import forget_libpq_variables
from db.rollup.verification import verify
from db.settings import complaints
from monitor import clock
from monitor import round as rounds
from monitor.arguments import moment_argument
from monitor.database import Database
from monitor.errors import MonitorError
from monitor.incidents import commands_clock, commands_notes, commands_telling
from monitor.references import References
from monitor.settings import MonitorSettings
from monitor.webhook import commands_webhook
from monitor.webhook.sender import Sender
from monitor.webhook.webhook import Webhook

_MOST_COMPLAINTS = 20
_WRONG = 3


def main() -> int:
    """Run the command line; the exit code."""
    options = _options()
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    try:
        settings = MonitorSettings()
        keys = settings.signing_keys()
        webhook = Webhook.of(settings)
    except ValidationError as error:
        for line in complaints(error):
            _complain(line)
        return 2
    except SecretError as error:
        _complain(str(error))
        return 2
    if ignored := forget_libpq_variables():
        _complain(f"ignored: {', '.join(ignored)}; what is to hold stands in DATABASE_URL")
    try:
        return _run(options, settings, keys, webhook)
    except (MonitorError, PredictionLogError) as error:
        _complain(f"{options.command} failed: {error}")
    except KeyboardInterrupt:
        _complain("interrupted: do it again, what is counted stays")
        return 130
    return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m monitor", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="count the log again and again, and serve the page")
    once = commands.add_parser("once", help="do one round and end, as for cron")
    once.add_argument(
        "--as-of", type=moment_argument, help="its business time (RFC 3339, with its offset); now"
    )
    once.add_argument(
        "--hold",
        action="store_true",
        help="with --as-of: let it be that of every round from now on",
    )
    once.add_argument("--again", action="store_true", help="count every hour, marked or not")
    commands.add_parser("verify", help="count everything again, and compare")
    commands_notes.add(commands)
    commands_telling.add(commands)
    commands_clock.add(commands)
    commands_webhook.add(commands)
    options = parser.parse_args()
    if options.command == "once" and options.hold and options.as_of is None:
        once.error("--hold needs --as-of, the time that is to be held")
    return options


def _run(
    options: argparse.Namespace,
    settings: MonitorSettings,
    keys: SigningKeys,
    webhook: Webhook | None,
) -> int:
    if options.command == "serve":
        # What serves is not needed to count.
        from monitor.service import serve  # noqa: PLC0415

        return serve(settings)
    database = Database(settings.database_url.get_secret_value(), settings.password)
    try:
        if "run" in options:
            return int(options.run(options, database, settings))
        if options.command == "verify":
            return _verify(database)
        if options.again:
            rounds.mark_all(database)
        if options.hold:
            clock.hold(database, options.as_of)
        # All of a diagnosis, which the other commands do without.
        from monitor.incidents.watching import Watching  # noqa: PLC0415

        models = settings.models_dir
        watching = Watching.of(models, keys, settings.false_pages_per_year)
        references = References(models, keys)
        once = partial(rounds.run, database, references, options.as_of, watching)
        return _once(once, None if webhook is None else Sender(database, webhook))
    finally:
        database.close()


def _once(once: Callable[[], rounds.Round], sender: Sender | None) -> int:
    # Before the round as well: for an address that is new, what it finds is news.
    if sender is not None:
        sender.attempt()
    done = once()
    if sender is not None:
        sender.attempt()
    waiting = f"; {done.pending:,} are being written to, and come next time" if done.pending else ""
    counted = f"{_number(done.hours, 'hour')} of {_number(done.days, 'day')} counted"
    looked = f"; {_number(done.watched.hours, 'hour')} looked at" if done.watched.hours else ""
    _say(f"{counted} in {done.seconds:.1f} s{waiting}{looked}")
    for trouble in done.watched.troubles:
        _complain(f"not looked at: {trouble}")
    return 1 if done.watched.troubles else 0


def _verify(database: Database) -> int:
    days = predictions = pending = wrong = 0
    with database.snapshot() as connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '1h'")
        for checked in verify(cursor):
            days += 1
            predictions += checked.predictions
            pending += checked.pending
            for complaint in checked.complaints[: max(0, _MOST_COMPLAINTS - wrong)]:
                _complain(complaint)
            wrong += len(checked.complaints)
    compared = f"{_number(predictions, 'prediction')} of {_number(days, 'day')} compared"
    if pending:
        compared += f", {_number(pending, 'hour')} yet to be counted"
    if wrong:
        _complain(
            f"{compared}: {_number(wrong, 'difference')}. `python -m monitor once --again` counts"
            " everything anew; report how it came about"
        )
        return _WRONG
    _say(f"{compared}: the counts are those of the log")
    return 0


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
