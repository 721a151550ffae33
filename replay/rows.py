"""The rows of a stream in the order in which they are sent: a file of SQLite, made once.

It is what lets a stream of any size be sorted, by two times, in little memory, and lets a replay
go on where it stopped.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from replay.journal import PREDICTIONS, ROUND, Place

_TABLES = """
    CREATE TABLE prediction (number INTEGER PRIMARY KEY, step INTEGER, client INTEGER, time INTEGER,
                             reference TEXT, due TEXT, cells TEXT);
    CREATE TABLE outcome (number INTEGER PRIMARY KEY, step INTEGER, client INTEGER, time INTEGER,
                          reference TEXT, outcome TEXT);
"""
_INDEXES = """
    CREATE INDEX prediction_in_order ON prediction (step, client, time, number);
    CREATE INDEX outcome_in_order ON outcome (step, client, time, number);
"""


class Prediction(NamedTuple):
    """A row to be scored."""

    number: int
    """Its line or row in the stream."""
    step: int
    """The hour or day that its event lies in, numbered from 1970."""
    client: int
    """Its place among the clients."""
    time: int
    """Of its event, in microseconds since 1970."""
    reference: str
    due: str | None
    cells: str
    """The features in JSON, in the declaration's order, between SEPARATORs."""


class Outcome(NamedTuple):
    """What became of a row, to be reported."""

    number: int
    step: int
    client: int
    time: int
    """When it was observed."""
    reference: str
    outcome: str


SEPARATOR = "\x1f"
"""Stands in no JSON but as an escape."""


class Rows:
    """Reads and writes the file; raises sqlite3.Error where the disk does not do its part."""

    def __init__(self, path: Path) -> None:
        # What sorts the index needs room as well: not in a small /tmp.
        os.environ.setdefault("SQLITE_TMPDIR", str(path.parent))
        self._path = path
        self._base = sqlite3.connect(path, isolation_level=None)

    @classmethod
    def make(cls, path: Path) -> "Rows":
        """A new file, for `add` and `finish`; nothing in it outlives a machine that stops."""
        path.unlink(missing_ok=True)
        rows = cls(path)
        rows._base.execute("PRAGMA journal_mode = OFF")
        rows._base.execute("PRAGMA synchronous = OFF")
        rows._base.executescript(_TABLES)
        rows._base.execute("BEGIN")
        return rows

    def add(self, predictions: Iterable[Prediction], outcomes: Iterable[Outcome]) -> None:
        """Keep rows, in any order."""
        self._base.executemany("INSERT INTO prediction VALUES (?, ?, ?, ?, ?, ?, ?)", predictions)
        self._base.executemany("INSERT INTO outcome VALUES (?, ?, ?, ?, ?, ?)", outcomes)

    def finish(self) -> None:
        """Put them in order."""
        self._base.execute("COMMIT")
        self._base.executescript(_INDEXES)

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    def count(self) -> int:
        """How many predictions there are."""
        return self._number("SELECT count(*) FROM prediction")

    def sent_before(self, place: Place) -> int:
        """How many of them are done where everything up to `place` is."""
        if place.kind == PREDICTIONS:
            return self._number(
                "SELECT count(*) FROM prediction"
                " WHERE (step, client, time, number) <= (?, ?, ?, ?)",
                *(place.step, place.client, place.time, place.number),
            )
        before = place.step + (place.kind == ROUND)
        return self._number("SELECT count(*) FROM prediction WHERE step < ?", before)

    def first(self) -> Prediction:
        """The one that is sent first."""
        return next(self.predictions(self._number("SELECT min(step) FROM prediction")))

    def steps(self) -> range:
        """The steps from the first row to the last, those without rows among them."""
        (found,) = self._base.execute(
            "SELECT min(first), max(last) FROM ("
            " SELECT min(step) AS first, max(step) AS last FROM prediction"
            " UNION ALL SELECT min(step), max(step) FROM outcome)"
        )
        return range(found[0], found[1] + 1) if found[0] is not None else range(0)

    def predictions(self, step: int) -> Iterator[Prediction]:
        """Those of a step: by client, then by time."""
        return map(Prediction._make, self._in_order("prediction", step))

    def outcomes(self, step: int) -> Iterator[Outcome]:
        """Those of a step: by client, then by time."""
        return map(Outcome._make, self._in_order("outcome", step))

    def same_before(self, row: Prediction) -> Sequence[int]:
        """Numbers of the rows of the same case and time that are sent before this one."""
        found = self._base.execute(
            "SELECT number FROM prediction WHERE step = ? AND time = ? AND reference = ?"
            " AND (client, number) < (?, ?)",
            (row.step, row.time, row.reference, row.client, row.number),
        )
        return [number for (number,) in found]

    def _number(self, query: str, *values: int) -> int:
        ((found,),) = self._base.execute(query, values)
        return int(found)

    def _in_order(self, table: str, step: int) -> sqlite3.Cursor:
        return self._base.execute(
            f"SELECT * FROM {table} WHERE step = ? ORDER BY client, time, number",  # noqa: S608
            (step,),
        )
