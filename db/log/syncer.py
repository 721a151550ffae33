"""The syncer: the thread that makes the spool durable when Postgres does not, and the watchdog."""

import logging
import threading
import time
from collections.abc import Callable

from db.log.complaint import Complaint
from db.log.counters import Counters
from db.log.drainer import Drainer
from db.log.errors import SpoolError
from db.log.postgres import PostgresLog
from db.log.settlement import Settlement
from db.log.spool import Spool, SyncError
from db.log.writer import Writer

logger = logging.getLogger("prediction_log")

# How exactly LOG_VISIBLE_WAIT_MS is kept, and the only thing that an idle log does.
_TICK_SECONDS = 0.02
_PROBE_SECONDS = 0.5
_KEEP_SECONDS = 0.5


class _Duty:
    """Work that comes round again and again, whatever happens in it."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._complaint = Complaint()
        self._next = 0.0

    def do(self) -> None:
        """Do it, unless it failed just now."""
        if time.monotonic() < self._next:
            return
        try:
            self._work()
        except Exception as error:
            # The thread lives on: what waits is tried again in a later round.
            self._complaint.unexpected("the syncer failed; it goes on", error)
            self._next = time.monotonic() + self._complaint.pause
        else:
            self._complaint.over()


class Syncer(threading.Thread):
    """While Postgres keeps up, its commit is the promise and nothing is synced here."""

    def __init__(
        self,
        spool: Spool,
        drainer: Drainer,
        writer: Writer,
        postgres: PostgresLog,
        settlement: Settlement,
        *,
        counters: Counters,
        postgres_timeout: float,
    ) -> None:
        super().__init__(name="prediction-log-syncer", daemon=True)
        self._spool = spool
        self._drainer = drainer
        self._writer = writer
        self._postgres = postgres
        self._settlement = settlement
        self._counters = counters
        self._postgres_timeout = postgres_timeout
        self._closing = threading.Event()
        self._duties = [
            _Duty(work) for work in (self._round, self._probe, self._watch, self._keep_account)
        ]
        self._kept_at = 0.0
        self._probed_at = 0.0
        self._interrupted = 0.0

    def close(self) -> None:
        """Sync once more, and end."""
        self._closing.set()
        self._writer.sync_wanted.set()

    def run(self) -> None:
        """The thread: it ends only by `close`."""
        while not self._closing.is_set():
            self._writer.sync_wanted.wait(_TICK_SECONDS)
            self._writer.sync_wanted.clear()
            for duty in self._duties:
                duty.do()
        self._duties[0].do()

    def _round(self) -> None:
        now = time.monotonic()
        at_once = self._closing.is_set() or not self._drainer.keeps_up
        if not self._spool.waits_for_sync(now, at_once=at_once):
            return
        try:
            self._spool.sync()
        except SyncError as error:
            self._writer.disk_failed(error)
        else:
            self._writer.disk_kept()
        self._settlement.spooled(self._spool.take_durable(now, at_once=at_once))

    def _probe(self) -> None:
        """See whether a spool takes rows: at the start, and again where it took none."""
        now = time.monotonic()
        tried = self._writer.spool_tried
        works = tried and self._writer.spool_error is None
        if works or now - self._probed_at < _PROBE_SECONDS:
            return
        self._probed_at = now
        try:
            self._spool.probe() if tried else self._spool.try_out()
        except SyncError as error:
            self._writer.disk_failed(error)
        except SpoolError as error:
            self._writer.lost_spool(error)
        else:
            self._writer.disk_kept()
            self._writer.regained_spool()

    def _watch(self) -> None:
        since = self._drainer.calling_since
        if since is None or since == self._interrupted:
            return
        if time.monotonic() - since > self._postgres_timeout:
            self._interrupted = since
            logger.warning(
                "Postgres has not answered for %g s: reconnecting", self._postgres_timeout
            )
            self._postgres.interrupt()

    def _keep_account(self) -> None:
        """Beside the rows, for whoever drains them should this process end."""
        now = time.monotonic()
        if now - self._kept_at >= _KEEP_SECONDS:
            self._kept_at = now
            self._spool.note(self._counters.account)
