"""Requests of a step: what is sent together, always the same whenever it is asked."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Generic, NamedTuple, TypeVar

from contract.schema import DataSetSchema
from replay.moments import text_of
from replay.rows import SEPARATOR, Outcome, Prediction

SOURCE = "replay"
"""Who found out what the stream says."""

Row = TypeVar("Row", Prediction, Outcome)
_dumped = json.JSONEncoder(ensure_ascii=True).encode


class Limits(NamedTuple):
    """How much is sent together at most."""

    predictions: int
    outcomes: int
    size: int
    """Bytes of a body."""


class Batch(NamedTuple, Generic[Row]):
    """Rows of one client that follow each other, and their JSON, part by part."""

    rows: Sequence[Row]
    parts: Sequence[tuple[str, ...]]

    @property
    def client(self) -> int:
        """Whose they are."""
        return self.rows[0].client

    def without(self, numbers: set[int]) -> "Batch[Row]":
        """The same but for rows with these numbers."""
        kept = [at for at, row in enumerate(self.rows) if row.number not in numbers]
        return Batch([self.rows[at] for at in kept], [self.parts[at] for at in kept])


class Predictions:
    """Makes the bodies of /predict/batch."""

    def __init__(self, schema: DataSetSchema, limits: Limits) -> None:
        names = (_dumped(name).replace("%", "%%") for name in schema.names)
        self._instance = "{" + ",".join(f"{name}:%s" for name in names) + "}"
        self._limits = limits

    def batches(self, rows: Iterable[Prediction]) -> Iterator[Batch[Prediction]]:
        """The rows of a step, in their order."""
        return _cut(rows, self._parts, self._limits.predictions, self._limits.size)

    @staticmethod
    def body(batch: Batch[Prediction]) -> bytes:
        """The body of a request."""
        instances, contexts = zip(*batch.parts, strict=True)
        return f'{{"instances":[{",".join(instances)}],"context":[{",".join(contexts)}]}}'.encode()

    def _parts(self, row: Prediction) -> tuple[str, str]:
        due = "" if row.due is None else f',"outcome_due":"{row.due}"'
        return (
            self._instance % tuple(row.cells.split(SEPARATOR)),
            f'{{"reference":{_dumped(row.reference)},"event_time":"{text_of(row.time)}"{due}}}',
        )


class Outcomes:
    """Makes the bodies of /outcomes."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def batches(self, rows: Iterable[Outcome]) -> Iterator[Batch[Outcome]]:
        """The reports of a step, in their order."""
        return _cut(rows, self._parts, self._limits.outcomes, self._limits.size)

    @staticmethod
    def body(batch: Batch[Outcome]) -> bytes:
        """The body of a request."""
        return f'{{"outcomes":[{",".join(part for (part,) in batch.parts)}]}}'.encode()

    @staticmethod
    def _parts(row: Outcome) -> tuple[str]:
        observed = text_of(row.time)
        # Of its content alone: the same report has the same key, in whichever file it stands.
        return (
            f'{{"reference":{_dumped(row.reference)},"source":"{SOURCE}",'
            f'"event_key":"{row.outcome}@{observed}","outcome":{row.outcome},'
            f'"observed_at":"{observed}"}}',
        )


def _cut(
    rows: Iterable[Row], parts_of: Callable[[Row], tuple[str, ...]], most: int, size: int
) -> Iterator[Batch[Row]]:
    """As many rows of one client together as there is room for.

    Where a batch ends depends on its beginning alone, so that a run that begins at any of them
    finds the same ones from there on.
    """
    for _, own in groupby(rows, key=lambda row: row.client):
        held: list[Row] = []
        parts: list[tuple[str, ...]] = []
        room = size
        for row in own:
            made = parts_of(row)
            length = sum(map(len, made))
            if held and (len(held) == most or length > room):
                yield Batch(held, parts)
                held, parts, room = [], [], size
            held.append(row)
            parts.append(made)
            room -= length
        yield Batch(held, parts)
