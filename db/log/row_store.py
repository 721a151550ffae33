"""Getting rows into Postgres: new ones fast, doubtful ones by their key, impossible ones aside."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from db.log.account import Account
from db.log.chunk import Chunk
from db.log.counters import Counters
from db.log.errors import FormRefused, PartitionMissing, RowsRefused
from db.log.form import Form
from db.log.postgres import PostgresLog
from db.log.quarantine import Quarantine

logger = logging.getLogger("prediction_log")

Result = TypeVar("Result")

# One transaction: large enough to be cheap, small enough that live rows hardly wait behind it.
CHUNK_BYTES = 256 * 1024


class RowStore:
    """What the drainer does with the rows that it read."""

    def __init__(self, postgres: PostgresLog, quarantine: Quarantine, counters: Counters) -> None:
        self._postgres = postgres
        self._quarantine = quarantine
        self._counters = counters
        self.calling_since: float | None = None
        """Monotonic time since which a call to Postgres is under way; None between calls."""

    def store(self, chunk: Chunk, *, first: bool, origin: str) -> None:
        """Store a chunk; `first`: its rows were never sent before.

        Raises PostgresAway, and OSError where the quarantine cannot be written.
        """
        form, payload, rows = chunk.form, chunk.payload, chunk.rows
        if form is not None and not (first and self._store_new(form, payload, rows)):
            self.merge(form, payload, rows, log_path="spool")
        self._keep_damage(chunk, origin)

    def _keep_damage(self, chunk: Chunk, origin: str) -> None:
        pieces = [*chunk.damage, *chunk.unusable]
        if pieces:
            size = sum(map(len, pieces))
            reason = f"{size:,} damaged bytes in {origin}"
            self._quarantine.damage(b"".join(pieces), reason)
            logger.error("%s: kept in quarantine", reason)
        self._counters.damaged_frames += len(pieces) + chunk.aside

    def _store_new(self, form: Form, payload: bytes, rows: int) -> bool:
        """Store rows that were never sent; False where the slow way must tell what is wrong."""
        try:
            self.call(lambda: self._postgres.copy(form, payload))
        except RowsRefused:
            # A missing partition, a row that is there already, or one that never can be.
            return False
        self._counters.stored(rows, rows)
        return True

    def merge(self, form: Form, payload: bytes, rows: int, *, log_path: str) -> None:
        """Store rows of which some may be there already; set apart what can never be."""
        if form.unknown:
            # Not asked of Postgres: the words of a type stand in the statement as they are.
            raise FormRefused(f"{form.unknown}, which this release does not know")
        refused: Counter[str] = Counter()
        self._merge(form, payload, rows, log_path, refused)
        for reason, count in refused.items():
            logger.error(
                "Postgres refuses %d of %d rows, they are kept in quarantine: %s",
                *(count, rows, reason),
            )

    def _merge(
        self, form: Form, payload: bytes, rows: int, log_path: str, refused: Counter[str]
    ) -> None:
        try:
            self._merge_or_make_partition(form, payload, rows, log_path)
        except RowsRefused as error:
            if rows == 1:
                self._refuse(form, payload, 1, str(error), refused)
                return
            lines = _lines(payload)
            whole = [line for line in lines if line.count(b"\t") == len(form.columns) - 1]
            if len(whole) < len(lines):
                # One by one they would cost a call each, and tell no more.
                torn = [line for line in lines if line.count(b"\t") != len(form.columns) - 1]
                reason = "their fields are not as many as the columns of their form"
                self._refuse(form, b"".join(torn), len(torn), reason, refused)
                parts = [whole]
            else:
                half = len(lines) // 2
                parts = [lines[:half], lines[half:]]
            for part in filter(None, parts):
                self._merge(form, b"".join(part), len(part), log_path, refused)

    def _refuse(
        self, form: Form, lines: bytes, rows: int, reason: str, refused: Counter[str]
    ) -> None:
        self._quarantine.rows(form, lines, rows, reason)
        self._counters.quarantined += rows
        refused[reason] += rows

    def _merge_or_make_partition(
        self, form: Form, payload: bytes, rows: int, log_path: str
    ) -> None:
        def insert() -> int:
            return self._postgres.merge(form, payload, log_path=log_path)

        try:
            inserted = self.call(insert)
        except PartitionMissing:
            self.call(lambda: self._postgres.make_partitions(form, payload))
            inserted = self.call(insert)
        self._counters.stored(rows, inserted)

    def tell(self, account: Account) -> None:
        """Tell Postgres of a process that is gone; raises PostgresAway."""
        # What it refuses, no process of ours has written.
        with suppress(RowsRefused):
            self.call(lambda: account.save(self._postgres, alive=False))

    def call(self, call: Callable[[], Result]) -> Result:
        """A call to Postgres, under the watchdog's eyes."""
        started = self.calling_since = time.monotonic()
        try:
            return call()
        finally:
            self.calling_since = None
            self._counters.calls += 1
            self._counters.call_seconds += time.monotonic() - started


def _lines(payload: bytes) -> list[bytes]:
    """As Postgres counts them: splitlines would end one at a carriage return as well."""
    return [line + b"\n" for line in payload.split(b"\n")[:-1]]
