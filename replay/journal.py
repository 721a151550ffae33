"""How far a replay is: what was acknowledged, what was refused, which rounds were done.

Each change is on the disk before the replay goes on, so that whatever ends it, the next one knows.
"""

import fcntl
import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from replay.errors import ReplayError

_TABLES = """
    CREATE TABLE IF NOT EXISTS run (name TEXT PRIMARY KEY, content TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS reject (
        number INTEGER, kind TEXT, field TEXT, detail TEXT,
        UNIQUE (number, kind, field, detail));
"""


class Place(NamedTuple):
    """A row in the order of sending; all up to it are acknowledged."""

    step: int
    kind: int
    """OUTCOMES, PREDICTIONS, or ROUND when all of the step is done."""
    client: int = 0
    time: int = 0
    number: int = 0


OUTCOMES, PREDICTIONS, ROUND = range(3)
BEGIN = Place(-1, ROUND)


class Reject(NamedTuple):
    """What the service refused of a row."""

    number: int
    kind: str
    """prediction or outcome."""
    field: str
    detail: str


class Journal:
    """The journal in a directory, held as long as it is open: one replay at a time."""

    def __init__(self, directory: Path) -> None:
        """Raises ReplayError where another process has it, or OSError."""
        self._lock = (directory / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            raise ReplayError(f"{directory}: another replay is under way with it") from error
        self._base = sqlite3.connect(directory / "journal.sqlite", isolation_level=None)
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = FULL")
        self._base.executescript(_TABLES)
        self._was_there = self.about is not None

    def close(self) -> None:
        """Let another replay have it."""
        self._base.close()
        self._lock.close()

    @property
    def about(self) -> dict[str, Any] | None:
        """What `begin` was told; None where no run has begun."""
        found: dict[str, Any] | None = self._read("about")
        return found

    @property
    def place(self) -> Place:
        """How far it is."""
        return Place(*(self._read("place") or BEGIN))

    @property
    def is_resumed(self) -> bool:
        """Whether another process began the run."""
        return self._was_there

    @property
    def is_done(self) -> bool:
        """Whether the whole stream was sent."""
        return self._read("done") is not None

    def begin(self, about: dict[str, Any]) -> None:
        """Forget an earlier run; `about` says what must not change while this one lasts."""
        self._base.execute("BEGIN IMMEDIATE")
        self._base.execute("DELETE FROM run")
        self._base.execute("DELETE FROM reject")
        self._write("about", about)
        self._base.execute("COMMIT")
        self._was_there = False

    def acknowledge(self, place: Place) -> None:
        """All up to `place` is done."""
        self._write("place", place)

    def finish(self) -> None:
        """The whole stream was sent."""
        self._write("done", True)

    def refuse(self, rejects: Sequence[Reject]) -> None:
        """Keep what was refused: these rows are not sent again."""
        self._base.execute("BEGIN IMMEDIATE")
        self._base.executemany("INSERT OR IGNORE INTO reject VALUES (?, ?, ?, ?)", rejects)
        self._base.execute("COMMIT")

    def refused(self, kind: str, first: int, last: int) -> set[int]:
        """Numbers of the rows from `first` to `last` of which that was refused."""
        found = self._base.execute(
            "SELECT DISTINCT number FROM reject WHERE kind = ? AND number BETWEEN ? AND ?",
            (kind, first, last),
        )
        return {number for (number,) in found}

    def rejects(self) -> Iterator[Reject]:
        """All of them, in the order of the stream."""
        found = self._base.execute("SELECT * FROM reject ORDER BY number, kind DESC, field, detail")
        return map(Reject._make, found)

    def rejected_rows(self) -> int:
        """Of how many rows something was refused."""
        ((count,),) = self._base.execute("SELECT count(DISTINCT number) FROM reject")
        return int(count)

    def _read(self, name: str) -> Any:
        found = self._base.execute("SELECT content FROM run WHERE name = ?", (name,)).fetchone()
        return None if found is None else json.loads(found[0])

    def _write(self, name: str, content: Any) -> None:
        self._base.execute("INSERT OR REPLACE INTO run VALUES (?, ?)", (name, json.dumps(content)))
