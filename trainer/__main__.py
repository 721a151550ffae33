"""`python -m trainer [command]`: exit code 0 done, 1 failed, 2 wrong usage or settings."""

import argparse
import signal
import sys
from pathlib import Path

from pydantic import ValidationError

from contract.bundle_errors import BundleError
from contract.schema import SchemaError
from contract.secret import SecretError
from contract.text import lines_shown
from trainer import conversions, derivations, training, versions
from trainer.context import Context
from trainer.declare import add_parser, declare
from trainer.derivations import derive_by_hand
from trainer.errors import TrainerError
from trainer.fetch import fetch
from trainer.pipeline import declared
from trainer.profiles import make_profile
from trainer.settings import TrainerSettings

_WITH_OPTIONS = {"declare": declare, "derive": derive_by_hand}


def main() -> int:
    """Run the command line; the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    arguments = _parser().parse_args(sys.argv[1:] or ["train"])
    try:
        settings = TrainerSettings()
    except ValidationError as error:
        for item in error.errors(include_input=False):
            name = ".".join(str(part) for part in item["loc"]).upper()
            sys.stderr.write(f"{name}: {item['msg']}; see .env.example\n")
        return 2
    problem = _problem(arguments, settings)
    if problem is None:
        return 0
    sys.stderr.write(f"{arguments.command} failed: {lines_shown(problem)}\n")
    return 1


def _stop(number: int, _: object) -> None:
    """End in order: what is staged is removed on the way out.

    The first process of a container would otherwise not even notice SIGTERM.
    """
    sys.exit(128 + number)


def _problem(arguments: argparse.Namespace, settings: TrainerSettings) -> str | None:
    """Run the command; what went wrong, None where nothing did."""
    try:
        _run(arguments, settings)
    except (TrainerError, BundleError, SchemaError, SecretError) as error:
        return str(error)
    except OSError as error:
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    except MemoryError:
        return "out of memory; nothing was published"
    return None


def _run(arguments: argparse.Namespace, settings: TrainerSettings) -> None:
    context = Context.of(settings).on_rows(getattr(arguments, "rows", None))
    match arguments.command:
        case "train":
            training.train(context, if_none=arguments.if_none, activate=not arguments.no_activate)
        case "convert":
            conversions.convert_all(context)
        case "profile":
            make_profile(context, arguments.version)
        case "verify":
            training.verify(context, arguments.version)
        case "list":
            versions.show(context)
        case "activate":
            versions.activate(context, arguments.version)
        case "rollback":
            versions.rollback(context)
        case "sign":
            versions.sign(context, arguments.version)
        case "diff":
            versions.diff(context, arguments.first, arguments.second)
        case "prune":
            versions.prune(context, arguments.keep)
        case "declare" | "derive" as command:
            _WITH_OPTIONS[command](context, arguments)
        case "fetch":
            path = fetch(declared(settings).schema, settings.fetch_dir, force=arguments.force)
            context.progress.say(f"{path}: the original data, checked; next: train")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m trainer", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train, publish and activate (the default)")
    which = train.add_mutually_exclusive_group()
    which.add_argument("--if-none", action="store_true", help="only where no version is active")
    _add_rows(which)
    train.add_argument("--no-activate", action="store_true", help="only publish")
    commands.add_parser(
        "convert", help="make bundles of format 1, which hold pickles, servable by this release"
    )
    profile = commands.add_parser(
        "profile", help="make what a bundle does not say of its held-out rows, for the monitor"
    )
    profile.add_argument("version", nargs="?", help="default: the active one")
    _add_rows(profile)
    commands.add_parser("list", help="the published versions")
    verify = commands.add_parser("verify", help="train, or derive, again and compare to the bit")
    verify.add_argument("version", nargs="?", help="default: the active one")
    _add_rows(verify)
    commands.add_parser("activate", help="make a version active").add_argument("version")
    commands.add_parser("rollback", help="activate the version that was active before")
    sign = commands.add_parser("sign", help="vouch for a version: sign it with the first key")
    sign.add_argument("version", nargs="?", help="default: the active one")
    diff = commands.add_parser("diff", help="in what two versions differ")
    diff.add_argument("first")
    diff.add_argument("second")
    prune = commands.add_parser(
        "prune", help="remove old versions; never active, pinned or served ones"
    )
    prune.add_argument("--keep", type=_count, required=True, help="how many of the newest to keep")
    derivations.add_parser(commands)
    add_parser(commands)
    get = commands.add_parser("fetch", help="get the real data from OpenML")
    get.add_argument("--force", action="store_true", help="replace another file of that name")
    return parser


def _add_rows(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--rows", type=Path, metavar="FILE", help="the rows, instead of the data; in its form"
    )


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least one version is kept")
    return count


if __name__ == "__main__":
    sys.exit(main())
