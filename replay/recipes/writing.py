"""Cases to three files: the declaration, the table of what is trained on, and the stream."""

import csv
import gzip
import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import NamedTuple

from contract import declaration
from contract.declaration import Declaration
from replay.errors import ReplayError
from replay.recipes.recipe import Case, Recipe

_STREAM = ("event_time", "client", "reference")
_LABEL = ("outcome", "outcome_time", "outcome_due")


class Made(NamedTuple):
    """The files, and how many cases are in each; between: those that are in neither."""

    declaration: Path
    table: Path
    stream: Path
    trained: int
    replayed: int
    between: int


def write(recipe: Recipe, cases: Sequence[Case], first_day: date, directory: Path) -> Made:
    """Write them, each whole or not at all; raises ReplayError, or OSError.

    What is trained on is what was settled when the stream begins: cases of a time of which all were
    due by then, so that early outcomes are not taken for all.
    """
    if not cases:
        raise ReplayError("none of its rows is a case")
    declared = declaration.read(recipe.declaration)
    begin = datetime.combine(first_day, time(), UTC)
    settled = begin - recipe.longest
    trained = [case for case in cases if case.event <= settled and case.due <= begin]
    replayed = [case for case in cases if case.event >= begin]
    if not trained or not replayed:
        raise ReplayError(
            f"--from {first_day}: {len(trained):,} cases were settled by then, and"
            f" {len(replayed):,} come later: choose a day from"
            f" {cases[0].event + recipe.longest:%Y-%m-%d} to {cases[-1].event:%Y-%m-%d}"
        )
    directory.mkdir(parents=True, exist_ok=True)
    key = declared.schema.key
    made = Made(
        directory / f"{key}.toml", directory / f"{key}.csv", directory / f"{key}.stream.csv.gz",
        len(trained), len(replayed), len(cases) - len(trained) - len(replayed),
    )  # fmt: skip
    _replace(made.declaration, recipe.declaration.read_bytes())
    _replace(made.table, _csv(_table(trained, declared)))
    # Without a time of its own, so that the same cases make the same file.
    _replace(made.stream, gzip.compress(_csv(_stream(replayed, declared)), mtime=0))
    return made


def distinct(cases: Iterable[Case]) -> list[Case]:
    """The first of those that are alike in all but their reference."""
    found: dict[tuple[object, ...], Case] = {}
    for case in cases:
        what = (case.event, case.client, case.outcome, case.observed, case.due)
        found.setdefault((*what, *case.features.values()), case)
    return list(found.values())


def _table(cases: Sequence[Case], declared: Declaration) -> Iterator[Mapping[str, str]]:
    target = declared.target
    for case in cases:
        roles = {
            declared.reference: case.reference,
            declared.event_time: _text(case.event),
            declared.outcome_time: _text(case.observed),
            declared.outcome_due_column: _text(case.due),
        }
        yield {
            **{name: text for name, text in roles.items() if name is not None},
            target.name: str((target.positives if case.outcome else target.negatives)[0]),
            **case.beside,
            **case.features,
        }


def _stream(cases: Sequence[Case], declared: Declaration) -> Iterator[Mapping[str, str]]:
    with_clients = any(case.client for case in cases)
    for case in cases:
        head = (_text(case.event), case.client or "", case.reference)
        label = (str(int(case.outcome)), _text(case.observed), _text(case.due))
        row = {
            **dict(zip(_STREAM, head, strict=True)),
            **{name: case.features[name] for name in declared.schema.names},
            **dict(zip(_LABEL, label, strict=True)),
        }
        if not with_clients:
            del row["client"]
        yield row


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _csv(content: Iterator[Mapping[str, str]]) -> bytes:
    written = io.StringIO(newline="")
    first = next(content)
    writer = csv.DictWriter(written, list(first), lineterminator="\n")
    writer.writeheader()
    writer.writerow(first)
    writer.writerows(content)
    return written.getvalue().encode()


def _replace(path: Path, content: bytes) -> None:
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        staged.write_bytes(content)
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)
