"""`python -m replay run FILE`: the real service, driven by a recorded stream on its own clock.

`python -m replay prepare NAME SOURCE` makes such a stream of public data.

Exit code 0 done, 1 failed, 2 wrong usage or settings, 130 interrupted; after 1 and 130 it goes on
with --resume.
"""

import argparse
import math
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from replay.clients import keys_from
from replay.course import Clock
from replay.duration import Duration
from replay.errors import ReplayError
from replay.logged import SETTLE_SECONDS
from replay.moments import DAY, HOUR, microseconds
from replay.recipes import command as prepare
from replay.run import Wanted, run
from replay.service import Service
from replay.settings import ReplaySettings

_DAY_LENGTH = len("2026-03-01")


def main() -> int:
    """Run the command line; the exit code."""
    # Whoever asks for an end gets it between two rows, and may go on later.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = _options()
    if options.command == "prepare":
        return prepare.run(options, _say)
    try:
        settings = ReplaySettings()
        keys = keys_from(settings.replay_keys, settings.replay_keys_file)
        wanted = _wanted(options, settings, keys)
    except ValidationError as error:
        for item in error.errors(include_input=False, include_url=False, include_context=False):
            _say(f"{'.'.join(map(str, item['loc'])).upper()}: {item['msg']}; see .env.example")
        return 2
    except ReplayError as error:
        _say(str(error))
        return 2
    service = Service(options.api or settings.api_url, next(iter(keys.values()), None))
    try:
        if not run(wanted, service, _say):
            _say("stopped before the end of the stream: --resume goes on")
    except ReplayError as error:
        _say(f"run failed: {error}")
    except OSError as error:
        _say(f"run failed: {error.filename}: {error.strerror}")
    except KeyboardInterrupt:
        _say("interrupted: the same command with --resume goes on where it stopped")
        return 130
    else:
        return 0
    finally:
        service.close()
    return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m replay", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("run", help="send a stream to the api, in the order of time")
    command.add_argument("file", type=Path, help="CSV, packed by gzip or not, or Parquet")
    command.add_argument("--api", metavar="URL", help="address of the api (API_URL)")
    command.add_argument(
        "--round",
        choices=("hour", "day", "none"),
        default="day",
        help="when the monitor does a round, in the stream's time (day)",
    )
    command.add_argument(
        "--outcome-due",
        type=_duration,
        metavar="P30D",
        help="when an outcome is due after its event, where no column outcome_due says it",
    )
    command.add_argument(
        "--speed", type=_speed, metavar="N", help="seconds of the stream in one (as fast as it can)"
    )
    command.add_argument(
        "--until", type=_moment, metavar="T", help="stop there, as 2026-03-01; --resume goes on"
    )
    command.add_argument("--resume", action="store_true", help="go on where a run stopped")
    command.add_argument("--strict", action="store_true", help="end at the first row refused")
    command.add_argument(
        "--state", type=Path, help="directory of the journal and the rows (FILE.replay)"
    )
    command.add_argument("--rejects", type=Path, help="file of what is refused (FILE.rejects.csv)")
    command.add_argument(
        "--settle",
        type=_seconds,
        default=SETTLE_SECONDS,
        help="seconds after which a batch that the log lacks is sent again (5)",
    )
    prepare.add(commands)
    return parser.parse_args()


def _wanted(options: argparse.Namespace, settings: ReplaySettings, keys: dict[str, str]) -> Wanted:
    unit = HOUR if options.round == "hour" else DAY
    until: int | None = options.until
    if until is not None and until % unit:
        raise ReplayError(
            f"--until must be a whole {'hour' if unit == HOUR else 'day'} of UTC: a round is done"
            " at its end"
        )
    file: Path = options.file
    state = options.state or (settings.replay_state_dir or file.parent) / f"{file.name}.replay"
    # In a container what is beside the stream is often somebody else's.
    beside = file.parent if os.access(file.parent, os.W_OK) else state
    return Wanted(
        file=file,
        state=state,
        rejects=options.rejects or beside / f"{file.name}.rejects.csv",
        clock=Clock(unit, until, options.speed),
        rounds=options.round != "none",
        due=options.outcome_due,
        resume=options.resume,
        strict=options.strict,
        settle=options.settle,
        keys=keys,
        dataset=settings.dataset,
    )


def _duration(text: str) -> str:
    try:
        Duration.read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def _moment(text: str) -> int:
    found = microseconds(f"{text}T00:00:00Z" if len(text) == _DAY_LENGTH else text)
    if found is None:
        raise argparse.ArgumentTypeError("must be a day, or a time with its offset")
    return found


def _speed(text: str) -> float:
    found = _seconds(text)
    if found == 0:
        raise argparse.ArgumentTypeError("must be more than 0")
    return found


def _seconds(text: str) -> float:
    found = math.nan
    with suppress(ValueError):
        found = float(text)
    if not (math.isfinite(found) and found >= 0):
        raise argparse.ArgumentTypeError("must be a number, 0 or more")
    return found


def _say(text: str) -> None:
    # A closed terminal must not end what can go on.
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
