"""The command `declare`: a draft of a declaration, written where a person finds it."""

import argparse
import sys
from pathlib import Path

from contract import durable
from trainer.context import Context
from trainer.data_files import OUTSIDE, located
from trainer.draft.drafting import Draft, draft_of
from trainer.draft.wishes import Wishes
from trainer.draft.wording import key_of
from trainer.errors import NotDeclared

# Where the directory of the data is writable in a container.
_FETCHED = Path("/fetched")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command's own arguments."""
    parser = commands.add_parser("declare", help="draft the declaration of a table")
    parser.add_argument("file", type=Path, help="a CSV, packed or not, or Parquet")
    parser.add_argument("--target", required=True, help="the label's column")
    parser.add_argument(
        "--positive", required=True, action="append", help="a value of it that is the event"
    )
    parser.add_argument(
        "--negative", default=[], action="append", help="one that is not (default: all others)"
    )
    parser.add_argument("--event-time", help="the column that says when a case is to be decided")
    parser.add_argument("--outcome-time", help="the column that says when its outcome was known")
    parser.add_argument("--reference", help="the column of the case's own key")
    parser.add_argument("--group", help="the column whose rows stay together, as the customer")
    parser.add_argument(
        "--split", choices=["time", "group"], help="what decides which rows are held out"
    )
    parser.add_argument("--key", help="the data set's own name (default: the file's)")
    parser.add_argument("--title", help="its title, for people")
    parser.add_argument("--output", help="where to write the draft; - is the console")
    parser.add_argument("--force", action="store_true", help="replace a file of that name")


def declare(context: Context, arguments: argparse.Namespace) -> None:
    """Write the draft, or print it; raises NotDeclared, DataRefused or OSError."""
    names = Wishes.__dataclass_fields__
    wishes = Wishes(**{name: getattr(arguments, name) for name in names})
    path = located(arguments.file, context.settings.data_dir)
    if arguments.output == "-":
        sys.stdout.write(draft_of(path, wishes).text)
        return
    directory = context.settings.fetch_dir
    output = Path(arguments.output or directory / f"{wishes.key or key_of(path)}.toml")
    if output.exists() and not arguments.force:
        raise NotDeclared(
            f"{output} is there already: replace it with --force, or name another file by --output"
        )
    draft = draft_of(path, wishes)
    _write(output, draft.text, force=arguments.force)
    _report(context, output, draft)


def _write(output: Path, text: str, *, force: bool) -> None:
    try:
        durable.write(output, text.encode(), "wb" if force else "xb")
    except OSError as error:
        raise NotDeclared(
            f"cannot write {output}: {error.strerror}; in a container, run it as the owner of"
            ' data/ (docker compose run --rm --user "$(id -u)" trainer declare ...), or print the'
            " draft by --output -"
        ) from error


def _report(context: Context, output: Path, draft: Draft) -> None:
    say = context.progress.say
    named = OUTSIDE / output.name if output.parent == _FETCHED else output
    for warning in draft.warnings:
        context.progress.warn(warning)
    say(
        f"{output}: a draft with {draft.features:,} features, {draft.left_out:,} columns left out;"
        " look at each comment in it, and correct what it is about",
        features=draft.features,
        left_out=draft.left_out,
    )
    say(f"next: set DATASET={named} (in .env, for all services), then run `trainer` to train on it")
