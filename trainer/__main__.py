"""`python -m trainer [command]`: exit code 0 done, 1 failed, 2 wrong usage or settings."""

import argparse
import sys

from pydantic import ValidationError

from contract.bundle import BundleError
from contract.schema import SchemaError
from trainer.commands import Commands
from trainer.errors import TrainerError
from trainer.fetch import fetch
from trainer.pipeline import declared
from trainer.settings import TrainerSettings


def main() -> int:
    """Run the command line; the exit code."""
    arguments = _parser().parse_args(sys.argv[1:] or ["train"])
    try:
        settings = TrainerSettings()
    except ValidationError as error:
        for item in error.errors(include_input=False):
            name = ".".join(str(part) for part in item["loc"]).upper()
            sys.stderr.write(f"{name}: {item['msg']}; see .env.example\n")
        return 2
    try:
        _run(arguments, settings)
    except (TrainerError, BundleError, SchemaError) as error:
        sys.stderr.write(f"{arguments.command} failed: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{arguments.command} failed: {error.filename}: {error.strerror}\n")
        return 1
    except MemoryError:
        sys.stderr.write(f"{arguments.command} failed: out of memory; nothing was published\n")
        return 1
    return 0


def _run(arguments: argparse.Namespace, settings: TrainerSettings) -> None:
    commands = Commands(settings)
    match arguments.command:
        case "train":
            commands.train(if_none=arguments.if_none, activate=not arguments.no_activate)
        case "list":
            commands.list()
        case "verify":
            commands.verify(arguments.version)
        case "activate":
            commands.activate(arguments.version)
        case "rollback":
            commands.rollback()
        case "diff":
            commands.diff(arguments.first, arguments.second)
        case "prune":
            commands.prune(arguments.keep)
        case "fetch":
            path = fetch(declared(settings), settings.fetch_dir)
            sys.stdout.write(f"{path}: the original data, checked; next: train\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m trainer", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train, publish and activate (the default)")
    train.add_argument("--if-none", action="store_true", help="only where no version is active")
    train.add_argument("--no-activate", action="store_true", help="only publish")
    commands.add_parser("list", help="the published versions")
    verify = commands.add_parser("verify", help="train again and compare to the bit")
    verify.add_argument("version", nargs="?", help="default: the active one")
    commands.add_parser("activate", help="make a version active").add_argument("version")
    commands.add_parser("rollback", help="activate the version that was active before")
    diff = commands.add_parser("diff", help="in what two versions differ")
    diff.add_argument("first")
    diff.add_argument("second")
    prune = commands.add_parser("prune", help="remove old versions; never active or pinned ones")
    prune.add_argument("--keep", type=_count, required=True, help="how many of the newest to keep")
    commands.add_parser("fetch", help="get the real data from OpenML")
    return parser


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least one version is kept")
    return count


if __name__ == "__main__":
    sys.exit(main())
