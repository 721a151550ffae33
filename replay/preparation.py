"""A stream file to rows in their order, each checked: nothing is sent of a file that is wrong."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from contract.declaration import Source
from contract.schema import DataSetSchema
from replay import stream
from replay.cells import WrongCell, rendered, renderer
from replay.clients import Clients
from replay.columns import Columns, columns_of
from replay.duration import Duration
from replay.errors import WrongStream
from replay.roles import Roles
from replay.rows import SEPARATOR, Outcome, Prediction, Rows
from replay.stream import Block

_MOST_COMPLAINTS = 20
_PREFIX_DIGITS = 8


class Form(NamedTuple):
    """How rows are made of the file's."""

    schema: DataSetSchema
    words: Source
    """How the declaration writes what is missing, true and false."""
    clients: Clients
    unit: int
    """Length of a step in microseconds."""
    due: Duration | None
    """How long after its event an outcome is due, where no column says when."""
    digest: str
    """SHA-256 of the file."""


def digest_of(path: Path) -> str:
    """SHA-256 of the file; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def prepare(path: Path, form: Form, rows: Rows, progress: Callable[[int], None]) -> Columns:
    """Check every row, and keep it; raises WrongStream, or OSError.

    `progress` is told how many there were so far.
    """
    with stream.opened(path) as (header, unit, blocks):
        where = f"{path}, line 1" if unit == "line" else f"{path}"
        columns = columns_of(where, header, form.schema)
        prefix = form.digest[:_PREFIX_DIGITS]
        roles = Roles(f"{path}, {unit}", columns, form.clients, prefix)
        reader = _Reader(form, columns, roles)
        count = 0
        for block in blocks:
            rows.add(*reader.read(block))
            count += len(block.numbers)
            progress(count)
    if not count:
        raise WrongStream([f"{path}: a header, but no rows"])
    return columns


class _Reader:
    """Makes rows of blocks."""

    def __init__(self, form: Form, columns: Columns, roles: Roles) -> None:
        self._form = form
        self._columns = columns
        self._roles = roles
        self._renders = [renderer(feature, form.words) for feature in form.schema.features]

    def read(self, block: Block) -> tuple[list[Prediction], list[Outcome]]:
        """The block's rows; raises WrongStream, with what is wrong with them."""
        roles, unit = self._roles, self._form.unit
        features = self._features(block)
        times = roles.times(block, "event_time")
        observed = roles.times(block, "outcome_time")
        references, clients = roles.references(block), roles.clients(block)
        dues = roles.dues(block, times, self._form.due)
        outcomes = roles.outcomes(block, observed)
        if roles.complaints:
            raise WrongStream(roles.complaints[:_MOST_COMPLAINTS])
        cells = map(SEPARATOR.join, zip(*features, strict=True))
        predictions = [
            # Nothing is None of which nothing was complained.
            Prediction(number, time // unit, client, time, reference, due, text)
            for number, client, time, reference, due, text in zip(
                block.numbers, clients, times, references, dues, cells, strict=True
            )
        ]
        return predictions, [
            Outcome(number, time // unit, client, time, reference, outcome)  # type: ignore[arg-type]
            for number, client, time, reference, outcome in zip(
                block.numbers, clients, observed, references, outcomes, strict=True
            )
            if time is not None
        ]

    def _features(self, block: Block) -> list[Sequence[str]]:
        found: list[Sequence[str]] = []
        for place, feature, render in zip(
            self._columns.features, self._form.schema.features, self._renders, strict=True
        ):
            cells = block.columns[place]
            try:
                found.append(rendered(feature, render, cells))
            except WrongCell as error:
                at = error.place
                self._roles.complain(block.numbers[at], feature.name, cells[at], str(error))
        return found
