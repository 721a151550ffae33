"""The drainer: the thread that copies the spool into Postgres, and then lets go of it."""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from db.log.chunk import Chunk
from db.log.counters import Counters
from db.log.directory import others
from db.log.errors import PartitionMissing, PostgresAway, RowsRefused
from db.log.orphan import Orphan
from db.log.postgres import PostgresLog
from db.log.quarantine import Quarantine
from db.log.rejections import Rejections
from db.log.segment import Form
from db.log.spool import BEGIN, Batch, Position, Spool

logger = logging.getLogger("prediction_log")

Result = TypeVar("Result")

# One transaction: large enough to be cheap, small enough that live rows hardly wait behind it.
CHUNK_BYTES = 256 * 1024

# More than this not yet in Postgres, and an answer does not wait for Postgres any longer.
BEHIND_BYTES = 4 * CHUNK_BYTES

_LOOK_AROUND_SECONDS = 3.0
_ORPHAN_SECONDS = 0.05
_ASIDE_SECONDS = 10.0
_TICK_SECONDS = 0.5
_RETRY_SECONDS = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0)


class Drainer(threading.Thread):
    """Own rows first, then what the spool could not take, then what dead processes left."""

    def __init__(
        self,
        spool: Spool,
        postgres: PostgresLog,
        counters: Counters,
        rejections: Rejections,
        *,
        slow_seconds: float,
        settle: Callable[[list[Batch]], None],
    ) -> None:
        super().__init__(name="prediction-log-drainer", daemon=True)
        self._spool = spool
        self._postgres = postgres
        self._counters = counters
        self._rejections = rejections
        self._slow_seconds = slow_seconds
        self._settle = settle
        self._quarantine = Quarantine(spool.root)
        self._direct: deque[Batch] = deque()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._position: Position = BEGIN
        self._sent_before = False
        self._failures = 0
        self._orphan: Orphan | None = None
        self._aside_until: dict[Path, float] = {}
        self._looked_at = 0.0
        self._orphan_at = 0.0
        self.away_reason: str | None = "not connected yet"
        """Why Postgres takes no rows; None while it does."""
        self.calling_since: float | None = None
        """Monotonic time since which a call to Postgres is under way."""
        self._deadline = 0.0

    def wake(self) -> None:
        """There is something to do."""
        self._wake.set()

    def store_directly(self, batch: Batch) -> None:
        """Commit a batch that the spool could not take."""
        self._direct.append(batch)
        self._wake.set()

    def forget_direct(self) -> list[Batch]:
        """Take back what was to be stored directly."""
        taken = []
        while self._direct:
            taken.append(self._direct.popleft())
        return taken

    @property
    def away(self) -> bool:
        """Whether Postgres takes no rows now, or has been silent for long."""
        since = self.calling_since
        silent = since is not None and time.monotonic() - since > self._slow_seconds
        return silent or self.away_reason is not None

    @property
    def keeps_up(self) -> bool:
        """Whether it is worth an answer's while to wait for its commit."""
        return not self.away and self._spool.backlog < BEHIND_BYTES

    def close(self, deadline: float) -> None:
        """Drain until there is nothing left or the deadline has passed, then end."""
        self._deadline = deadline
        self._closing.set()
        self._wake.set()

    def run(self) -> None:
        """The thread: it ends only by `close`, whatever happens in it."""
        while not self._finished():
            self._wake.clear()
            try:
                if not self._step():
                    self._wake.wait(_TICK_SECONDS)
            except PostgresAway as error:
                self._fail(str(error))
            except Exception as error:
                # Whatever it is, the rows are still in the spool: report it and try again.
                logger.exception("the drainer failed; it tries again")
                self._postgres.close()
                self._fail(f"{type(error).__name__}: {error}")
        if self._orphan is not None:
            self._orphan.release()
        self._postgres.close()

    def _finished(self) -> bool:
        if not self._closing.is_set():
            return False
        done = self._spool.backlog == 0 and not self._direct and not self._counters.unsaved
        return done or self.away_reason is not None or time.monotonic() >= self._deadline

    def _fail(self, reason: str) -> None:
        if self._failures == 0:
            logger.warning("Postgres takes no rows, they stay in the spool: %s", reason)
        self.away_reason = reason
        self._sent_before = True
        wait = _RETRY_SECONDS[min(self._failures, len(_RETRY_SECONDS) - 1)]
        self._failures += 1
        # Not together with all the other processes that lost the same server.
        self._closing.wait(wait * random.uniform(0.5, 1.0))  # noqa: S311 -- no secret

    def _step(self) -> bool:
        """Do the most urgent things; False where there was nothing to do."""
        if not self._postgres.connected:
            self._call(self._postgres.connect)
        self._report()
        stored = self._drain_direct()
        stored = self._drain_own() or stored
        if self.away_reason is not None:
            # Not before: a server that lets us in may refuse the rows all the same.
            self._recovered()
        # What a dead process left waits for live rows, but not for ever.
        if stored and time.monotonic() - self._orphan_at < _ORPHAN_SECONDS:
            return True
        return self._drain_orphan() or stored

    def _recovered(self) -> None:
        logger.info("Postgres takes rows")
        self.away_reason = None
        self._failures = 0

    def _drain_own(self) -> bool:
        found = self._spool.read(self._position, CHUNK_BYTES)
        if found is None:
            return False
        chunk, position = found
        self._store(chunk, first=not self._sent_before, origin="this process's spool")
        self._position = position
        self._sent_before = False
        self._settle(self._spool.committed(position, chunk.rows))
        return True

    def _drain_direct(self) -> bool:
        batches = self._next_direct()
        if not batches:
            return False
        payload = b"".join([batch.payload for batch in batches])
        rows = sum(batch.rows for batch in batches)
        self._store_rows(self._spool.form, payload, rows, log_path="direct")
        for batch in batches:
            # By identity: `forget_direct` may have emptied the queue meanwhile.
            if self._direct and self._direct[0] is batch:
                self._direct.popleft()
        self._settle(batches)
        return True

    def _next_direct(self) -> list[Batch]:
        """As many as make one transaction: one each could not keep up with the requests."""
        batches: list[Batch] = []
        size = 0
        for batch in list(self._direct):
            size += len(batch.payload)
            if batches and size > CHUNK_BYTES:
                break
            batches.append(batch)
        return batches

    def _report(self) -> None:
        """Tell Postgres of counters and refusals, now and then, however busy the log is."""
        if self._counters.due(at_once=self._closing.is_set()):
            self._call(lambda: self._counters.save(self._postgres))
        if self._rejections.due:
            self._call(lambda: self._rejections.save(self._postgres))

    def _drain_orphan(self) -> bool:
        if self._closing.is_set():
            return False
        try:
            if self._orphan is None:
                self._look_around()
            return self._orphan is not None and self._drain_next_of(self._orphan)
        except (PostgresAway, OSError) as error:
            # Live rows and other orphans must not wait behind one that cannot be read or stored
            # yet; if it is Postgres that went away, the next call notices.
            self._set_aside(self._orphan.path if self._orphan else self._spool.root, error)
            return False

    def _look_around(self) -> None:
        """Now and then: is there something that a dead process left? Raises OSError."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_AROUND_SECONDS:
            return
        self._looked_at = now
        self._spool.look_around()
        for path in others(self._spool.root, self._spool.path):
            if now < self._aside_until.get(path, 0.0):
                continue
            try:
                self._orphan = Orphan.adopt(path, self._spool.form)
            except OSError as error:
                self._set_aside(path, error)
            if self._orphan is not None:
                logger.warning("draining what a process that is gone left in %s", path)
                return

    def _drain_next_of(self, orphan: Orphan) -> bool:
        chunk = orphan.read(CHUNK_BYTES)
        if chunk is None:
            orphan.remove()
            self._orphan = None
            self._looked_at = 0.0
            return True
        self._store(chunk, first=False, origin=str(orphan.path))
        orphan.advance(chunk.end)
        self._orphan_at = time.monotonic()
        return True

    def _set_aside(self, path: Path, error: Exception) -> None:
        logger.warning("cannot drain %s now, trying again later: %s", path, error)
        self._aside_until[path] = time.monotonic() + _ASIDE_SECONDS
        if self._orphan is not None:
            self._orphan.release()
            self._orphan = None

    def _store(self, chunk: Chunk, *, first: bool, origin: str) -> None:
        for content in chunk.damage:
            logger.error("%d damaged bytes in %s: kept in quarantine", len(content), origin)
            self._quarantine.damage(content, origin)
            self._counters.damaged_frames += 1
        form, payload, rows = chunk.form, chunk.payload, chunk.rows
        if form is not None and not (first and self._store_new(form, payload, rows)):
            self._store_rows(form, payload, rows, log_path="spool")

    def _store_new(self, form: Form, payload: bytes, rows: int) -> bool:
        """Store rows that were never sent; False where the slow way must tell what is wrong."""
        try:
            self._call(lambda: self._postgres.copy(form, payload))
        except RowsRefused:
            # A missing partition, a row that is there already, or one that never can be.
            return False
        self._counters.stored(rows, rows)
        return True

    def _store_rows(self, form: Form, payload: bytes, rows: int, *, log_path: str) -> None:
        """Store rows of which some may be there already, and set apart what cannot be stored."""
        try:
            self._store_or_make_partition(form, payload, rows, log_path)
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
                self._store_rows(form, b"".join(part), len(part), log_path=log_path)

    def _store_or_make_partition(
        self, form: Form, payload: bytes, rows: int, log_path: str
    ) -> None:
        def merge() -> int:
            return self._postgres.merge(form, payload, log_path=log_path)

        try:
            inserted = self._call(merge)
        except PartitionMissing:
            self._call(lambda: self._postgres.make_partitions(payload))
            inserted = self._call(merge)
        self._counters.stored(rows, inserted)

    def _call(self, call: Callable[[], Result]) -> Result:
        """A call to Postgres, under the watchdog's eyes."""
        started = self.calling_since = time.monotonic()
        try:
            return call()
        finally:
            self.calling_since = None
            self._counters.calls += 1
            self._counters.call_seconds += time.monotonic() - started
