"""The writer: the thread that appends what is waiting to the spool, as one frame."""

import logging
import queue
import threading
import time
from dataclasses import dataclass

from db.log.complaint import Complaint
from db.log.drainer import Drainer
from db.log.errors import LogUnavailable, SpoolError
from db.log.row_store import CHUNK_BYTES
from db.log.settlement import Settlement
from db.log.spool import Batch, Spool, SyncError, Waiter

logger = logging.getLogger("prediction_log")


@dataclass(slots=True)
class Entry:
    """The rows of one request, and the future that waits for their promise."""

    payload: bytes
    rows: int
    waiter: Waiter


class Writer(threading.Thread):
    """Batches form by themselves: whatever arrives during one write is the next one."""

    def __init__(
        self, spool: Spool, drainer: Drainer, settlement: Settlement, *, visible_wait: float
    ) -> None:
        super().__init__(name="prediction-log-writer", daemon=True)
        self._spool = spool
        self._drainer = drainer
        self._settlement = settlement
        self._visible_wait = visible_wait
        self._queue: queue.SimpleQueue[Entry | Batch | None] = queue.SimpleQueue()
        self._sync_failures = 0
        self._complaint = Complaint()
        self.sync_wanted = threading.Event()
        """Set when a batch should not wait for Postgres."""
        self.spool_error: str | None = None
        """Why the spool takes nothing; None while it does."""
        self.spool_tried = False
        """Whether it was ever seen that the spool takes rows, or that it does not."""
        self.disk_broken = False
        """Whether what is written to the spool does not stay there: only `disk_kept` mends it."""

    def put(self, entry: Entry) -> None:
        """Hand in the rows of a request."""
        self._queue.put(entry)

    def disk_failed(self, error: SyncError) -> None:
        """From the syncer: batches were lost; twice in a row, and the spool is passed by.

        Once may be a removed directory, which a new segment in a new one mends.
        """
        self._sync_failures += 1
        if self._sync_failures == 1:
            for batch in error.lost:
                self._queue.put(batch)
            return
        self.disk_broken = True
        self.lost_spool(error)
        for batch in error.lost:
            self._pass_by(batch, str(error))

    def disk_kept(self) -> None:
        """From the syncer: what was written stayed."""
        self._sync_failures = 0
        self.disk_broken = False

    def close(self) -> None:
        """End when all that was handed in is written."""
        self._queue.put(None)

    def run(self) -> None:
        """The thread: it ends only by `close`."""
        while True:
            first = self._queue.get()
            if first is None:
                return
            for batch in self._batches(first):
                self._write_or_refuse(batch)

    def _batches(self, first: Entry | Batch) -> list[Batch]:
        """All that is waiting, as one batch unless it is very much."""
        batches: list[Batch] = []
        entries: list[Entry] = []
        size = 0
        item: Entry | Batch | None = first
        while item is not None:
            if isinstance(item, Batch):
                batches.append(item)
            else:
                entries.append(item)
                size += len(item.payload)
            if size >= CHUNK_BYTES or self._queue.empty():
                break
            item = self._queue.get()
            if item is None:
                self._queue.put(None)
        if entries:
            batches.append(
                Batch(
                    payload=b"".join([entry.payload for entry in entries]),
                    rows=sum(entry.rows for entry in entries),
                    waiters=[entry.waiter for entry in entries],
                    due=time.monotonic() + self._visible_wait,
                )
            )
        return batches

    def _write_or_refuse(self, batch: Batch) -> None:
        try:
            self._write(batch)
        except Exception as error:
            # The thread lives on, and nobody waits in vain. Not the error's words, which may quote
            # the rows.
            self._complaint.unexpected("the writer failed; it goes on", error)
            refusal = LogUnavailable(f"the writer failed: {type(error).__name__}")
            self._settlement.refuse([batch], refusal)
        else:
            self._complaint.over()

    def _write(self, batch: Batch) -> None:
        if self.disk_broken:
            self._pass_by(batch, self.spool_error or "the disk does not keep what is written")
            return
        try:
            self._spool.append(batch)
        except SpoolError as error:
            self.lost_spool(error)
            self._pass_by(batch, str(error))
            return
        self.regained_spool()
        self._drainer.wake()
        if not self._drainer.keeps_up:
            self.sync_wanted.set()

    def _pass_by(self, batch: Batch, reason: str) -> None:
        """The spool does not have it: only Postgres can."""
        if self._drainer.known_away:
            refusal = LogUnavailable(f"{reason}; and Postgres is away")
            self._settlement.refuse([batch], refusal)
        else:
            self._drainer.store_directly(batch)

    def lost_spool(self, error: SpoolError) -> None:
        """The spool takes no rows."""
        if self.spool_error is None:
            logger.error("the spool takes no rows: %s", error)
        self.spool_error, self.spool_tried = str(error), True

    def regained_spool(self) -> None:
        """The spool takes rows, and keeps them as far as is known."""
        if self.spool_error is not None:
            logger.info("the spool takes rows")
            self.spool_error = None
            self._settlement.begin_anew()
        self.spool_tried = True
