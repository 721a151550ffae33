"""The drainer: the thread that copies the spool into Postgres, and then lets go of it."""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable

from db.log.activations import Activations
from db.log.complaint import Complaint
from db.log.counters import Counters
from db.log.errors import FormRefused, PostgresAway
from db.log.orphans import Orphans
from db.log.postgres import PostgresLog
from db.log.quarantine import Quarantine
from db.log.rejections import Rejections
from db.log.row_store import CHUNK_BYTES, RowStore
from db.log.spool import BEGIN, Batch, Position, Spool

logger = logging.getLogger("prediction_log")

# More than this not yet in Postgres, and an answer does not wait for Postgres any longer.
BEHIND_BYTES = 4 * CHUNK_BYTES

_ORPHAN_SECONDS = 0.05
_TICK_SECONDS = 0.5
# Well for so long, and the next failure is the first one again.
_WELL_SECONDS = 1.0

# One of its own: nobody who reseeds that of the module makes all processes wait alike.
_JITTER = random.Random()  # noqa: S311 -- no secret


class Drainer(threading.Thread):
    """Own rows first, then what the spool could not take, then what dead processes left."""

    def __init__(
        self,
        spool: Spool,
        postgres: PostgresLog,
        counters: Counters,
        rejections: Rejections,
        activations: Activations,
        *,
        slow_seconds: float,
        settle: Callable[[list[Batch]], None],
    ) -> None:
        super().__init__(name="prediction-log-drainer", daemon=True)
        self._spool = spool
        self._postgres = postgres
        self._counters = counters
        self._rejections = rejections
        self._activations = activations
        self._slow_seconds = slow_seconds
        self._settle = settle
        self._rows = RowStore(postgres, Quarantine(spool.root), counters)
        self._orphans = Orphans(spool, self._rows)
        self._direct: deque[Batch] = deque()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._position: Position = BEGIN
        self._sent_before = False
        self._complaint = Complaint()
        self._failed_at = 0.0
        self.away_reason: str | None = "not connected yet"
        """Why Postgres takes no rows; None while it does."""
        self._tried = False
        self.refused = False
        """Whether Postgres answers, and refuses for a reason that only a person can end."""
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
    def calling_since(self) -> float | None:
        """Monotonic time since which a call to Postgres is under way; None between calls."""
        return self._rows.calling_since

    @property
    def away(self) -> bool:
        """Whether Postgres takes no rows now, or has been silent for long."""
        since = self.calling_since
        silent = since is not None and time.monotonic() - since > self._slow_seconds
        return silent or self.away_reason is not None

    @property
    def known_away(self) -> bool:
        """Whether Postgres takes no rows; not so while the first connection is still awaited."""
        return self._tried and self.away_reason is not None

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
            if not self._try_step():
                self._wake.wait(_TICK_SECONDS)
        self._orphans.release()
        self._postgres.close()

    def _finished(self) -> bool:
        if not self._closing.is_set():
            return False
        self._counters.ended = self._spool.backlog == 0 and not self._direct
        told = not (self._counters.unsaved or self._activations.due)
        return (
            (self._counters.ended and told)
            or self.away_reason is not None
            or time.monotonic() >= self._deadline
        )

    def _try_step(self) -> bool:
        """False where there was nothing to do."""
        try:
            worked = self._step()
        except PostgresAway as error:
            self._complain(error)
            self._fail(_told(error), refused=error.remedy is not None)
            return True
        except Exception as error:
            # Whatever it is, the rows are still in the spool: report it and try again.
            self._complaint.unexpected("the drainer failed; it tries again", error)
            self._fail(f"the drainer failed: {type(error).__name__}", refused=False)
            return True
        # Not at the first step that goes well: what fails every time would never wait.
        if time.monotonic() - self._failed_at > _WELL_SECONDS:
            self._complaint.over()
        return worked

    def _complain(self, error: PostgresAway) -> None:
        if not self._complaint.is_new(str(error)):
            return
        if error.remedy is None:
            logger.warning("Postgres takes no rows, they stay in the spool: %s", error)
        else:
            logger.error(
                "Postgres answers and takes no rows, they stay in the spool: %s", _told(error)
            )

    def _fail(self, reason: str, *, refused: bool) -> None:
        # Connected anew, it is seen anew whether the rows would be taken.
        self._postgres.close()
        self.away_reason, self.refused, self._tried = reason, refused, True
        self._sent_before = True
        # Not together with all the other processes that lost the same server.
        self._closing.wait(self._complaint.pause * _JITTER.uniform(0.5, 1.0))
        self._failed_at = time.monotonic()

    def _step(self) -> bool:
        """Do the most urgent things; False where there was nothing to do."""
        if not self._postgres.connected:
            self._connect()
        self._report()
        stored = self._drain_direct()
        stored = self._drain_own() or stored
        if self.away_reason is not None:
            # Not before: a server that lets us in may refuse the rows all the same.
            self._recovered()
        # What a dead process left waits for live rows, but not for ever.
        if self._closing.is_set() or (stored and self._orphans.idle_seconds < _ORPHAN_SECONDS):
            return stored
        return self._orphans.drain_some() or stored

    def _connect(self) -> None:
        self._rows.call(self._postgres.connect)
        self._activations.tell_again()
        try:
            # Of no row: whether the table is there, its columns, and the right to write them.
            self._rows.call(lambda: self._postgres.copy(self._spool.form, b""))
        except FormRefused:
            # What others left may be of a form that this database takes.
            self._report()
            self._orphans.drain_some()
            raise

    def _recovered(self) -> None:
        logger.info("Postgres takes rows")
        self.away_reason, self.refused, self._tried = None, False, True

    def _drain_own(self) -> bool:
        found = self._spool.read(self._position, CHUNK_BYTES)
        if found is None:
            return False
        chunk, position = found
        self._rows.store(chunk, first=not self._sent_before, origin="this process's spool")
        self._position = position
        self._sent_before = False
        promised = self._spool.committed(position, chunk.rows)
        self._counters.caught_up += chunk.rows - sum(batch.rows for batch in promised)
        self._settle(promised)
        return True

    def _drain_direct(self) -> bool:
        batches = self._next_direct()
        if not batches:
            return False
        payload = b"".join([batch.payload for batch in batches])
        rows = sum(batch.rows for batch in batches)
        self._rows.merge(self._spool.form, payload, rows, log_path="direct")
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
        """Tell Postgres of versions, counters and refusals, however busy the log is."""
        if self._activations.due:
            self._rows.call(lambda: self._activations.save(self._postgres))
        if self._counters.due(at_once=self._closing.is_set()):
            self._rows.call(lambda: self._counters.save(self._postgres))
        if self._rejections.due:
            self._rows.call(lambda: self._rejections.save(self._postgres))


def _told(error: PostgresAway) -> str:
    return f"{error}: {error.remedy}" if error.remedy else str(error)
