"""`replay prepare NAME SOURCE`: published data to a declaration, a table and a stream."""

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from replay.errors import ReplayError
from replay.recipes.hotel import HOTEL
from replay.recipes.recipe import Recipe
from replay.recipes.superlender import SUPERLENDER
from replay.recipes.writing import Made, distinct, write

RECIPES = {"hotel": HOTEL, "superlender": SUPERLENDER}


def add(commands: Any) -> None:
    """The command, to those that there are."""
    command = commands.add_parser(
        "prepare", help="make a declaration, a table to train on and a stream of published data"
    )
    command.add_argument("recipe", choices=sorted(RECIPES), help="which data")
    command.add_argument("source", type=Path, help="what you got: a CSV, a zip or a directory")
    command.add_argument(
        "--output", type=Path, default=Path("data"), metavar="DIR", help="where to write it (data)"
    )
    command.add_argument(
        "--from", dest="first_day", type=date.fromisoformat, metavar="DAY",
        help="first day of the stream; what was settled before is trained on",
    )  # fmt: skip
    command.add_argument(
        "--distinct", action="store_true", help="equal cases of a time once, as rooms of a group"
    )


def run(options: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Make the files; the exit code."""
    recipe = RECIPES[options.recipe]
    try:
        cases = recipe.read(options.source)
        made = write(
            recipe,
            distinct(cases) if options.distinct else cases,
            options.first_day or recipe.first_day,
            options.output,
        )
    except ReplayError as error:
        say(f"prepare failed: {error}\npublished: {recipe.published}")
        return 1
    except OSError as error:
        say(f"prepare failed: {error.filename or options.source}: {error.strerror or error}")
        return 1
    _tell(recipe, made, say)
    return 0


def _tell(recipe: Recipe, made: Made, say: Callable[[str], None]) -> None:
    for note in recipe.notes:
        say(note)
    say(
        f"{made.table}: {made.trained:,} cases to train on; {made.stream}: {made.replayed:,} to"
        f" replay; {made.between:,} between them are in neither: their outcomes were not due when"
        " it begins"
    )
    say(f"next: DATASET={made.declaration}, train, and `replay run {made.stream}`")
