"""Getting rows into Postgres: new ones fast, doubtful ones by their key, impossible ones aside."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from db.log.chunk import Chunk
from db.log.counters import Counters
from db.log.errors import PartitionMissing, RowsRefused
from db.log.postgres import PostgresLog
from db.log.quarantine import Quarantine
from db.log.segment import Form

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
        for content in chunk.damage:
            logger.error("%d damaged bytes in %s: kept in quarantine", len(content), origin)
            self._quarantine.damage(content, origin)
            self._counters.damaged_frames += 1
        form, payload, rows = chunk.form, chunk.payload, chunk.rows
        if form is not None and not (first and self._store_new(form, payload, rows)):
            self.merge(form, payload, rows, log_path="spool")

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
        try:
            self._merge_or_make_partition(form, payload, rows, log_path)
        except RowsRefused as error:
            if rows == 1:
                logger.error(  # noqa: TRY400 -- the traceback would say nothing more
                    "Postgres refuses a row, it is kept in quarantine: %s", error
                )
                self._quarantine.row(form, payload, str(error))
                self._counters.quarantined += 1
                return
            lines = payload.splitlines(keepends=True)
            half = len(lines) // 2
            for part in (lines[:half], lines[half:]):
                self.merge(form, b"".join(part), len(part), log_path=log_path)

    def _merge_or_make_partition(
        self, form: Form, payload: bytes, rows: int, log_path: str
    ) -> None:
        def insert() -> int:
            return self._postgres.merge(form, payload, log_path=log_path)

        try:
            inserted = self.call(insert)
        except PartitionMissing:
            self.call(lambda: self._postgres.make_partitions(payload))
            inserted = self.call(insert)
        self._counters.stored(rows, inserted)

    def call(self, call: Callable[[], Result]) -> Result:
        """A call to Postgres, under the watchdog's eyes."""
        started = self.calling_since = time.monotonic()
        try:
            return call()
        finally:
            self.calling_since = None
            self._counters.calls += 1
            self._counters.call_seconds += time.monotonic() - started
