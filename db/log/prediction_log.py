"""The prediction log: an answered prediction is in it, exactly once."""

import asyncio
import time
from collections.abc import Sequence

from db.log.activations import Activations, ModelRegistration, Reason
from db.log.counters import Counters
from db.log.drainer import BEHIND_BYTES, Drainer
from db.log.errors import LogUnavailable
from db.log.form import Form
from db.log.postgres import PostgresLog
from db.log.rejections import Rejection, Rejections
from db.log.row import RowFormat
from db.log.settings import LogSettings
from db.log.settlement import Settlement
from db.log.spool import Spool, Waiter
from db.log.status import LogStatus, State, StateClock
from db.log.syncer import Syncer
from db.log.writer import Entry, Writer

_EXPIRE_SECONDS = 0.1
_HIGH = 0.8


class PredictionLog:
    """Rows go in by `append`, which returns when the promise holds.

    writer: what is waiting -> one frame of the spool. drainer: the spool -> Postgres. syncer: the
    spool -> disk, for the rows that Postgres does not take in time. An answer needs the second or
    the third. See docs/architecture.md.
    """

    def __init__(
        self,
        settings: LogSettings,
        row_format: RowFormat,
        model: ModelRegistration,
        *,
        reason: Reason = "start",
    ) -> None:
        self._settings = settings
        visible_wait = settings.log_visible_wait_ms / 1000
        self.counters = Counters(spool=str(settings.spool_dir.absolute()))
        self.rejections = Rejections(row_format.features)
        self._activations = Activations(self.counters.process_id)
        self._activations.add(model, reason)
        self._settlement = Settlement(self.counters, wait_seconds=settings.log_wait_seconds)
        self._spool = Spool(
            settings.spool_dir,
            Form(row_format.columns),
            max_bytes=settings.log_spool_max_bytes,
            segment_bytes=settings.log_segment_bytes,
        )
        self._postgres = PostgresLog(settings.database_url.get_secret_value(), settings.password)
        self._drainer = Drainer(
            self._spool,
            self._postgres,
            self.counters,
            self.rejections,
            self._activations,
            slow_seconds=visible_wait,
            settle=self._settlement.committed,
        )
        self._writer = Writer(
            self._spool, self._drainer, self._settlement, visible_wait=visible_wait
        )
        self._syncer = Syncer(
            self._spool,
            self._drainer,
            self._writer,
            self._postgres,
            self._settlement,
            counters=self.counters,
            postgres_timeout=settings.log_postgres_timeout_seconds,
        )
        self._closing = False
        self._expiry: asyncio.TimerHandle | None = None
        self._clock = StateClock()

    def start(self) -> None:
        """Start the threads, in the running event loop; waits for nothing."""
        self._settlement.bind(asyncio.get_running_loop())
        for thread in (self._drainer, self._writer, self._syncer):
            thread.start()
        self._expire()

    def admit(self, rows: int) -> None:
        """Refuse early, before any work is done, what could not be logged.

        Raises LogUnavailable.
        """
        if reason := self._refusal(rows):
            self.counters.refused += rows
            raise LogUnavailable(reason)

    async def append(self, lines: bytes, rows: int) -> None:
        """Log `rows` rows; `lines` are RowFormat's, joined.

        Returns when they are committed in Postgres or durable in the spool. Raises
        LogUnavailable, and then they may be logged all the same, at most once.
        """
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self.counters.accepted += rows
        self._settlement.expect(waiter, time.monotonic())
        self._writer.put(Entry(lines, rows, waiter))
        try:
            await waiter
        except LogUnavailable:
            self.counters.refused += rows
            raise

    def reject(
        self,
        request_id: str,
        route: str,
        status: int,
        errors: Sequence[tuple[str, str]],
        model_version: str | None,
    ) -> None:
        """Note a refused request in `rejected_request`, best effort; never waits."""
        self.rejections.add(Rejection(request_id, route, status, tuple(errors), model_version))

    def activated(self, model: ModelRegistration) -> None:
        """Note in `model_activation` that this process serves another version now; never waits."""
        self._activations.add(model, "activated")
        self._drainer.wake()

    def status(self) -> LogStatus:
        """What the log can do now, and since when."""
        state, reason = self._state()
        return LogStatus(
            state=state,
            since=self._clock.since(state),
            reason=reason,
            can_log=self._refusal(1) is None,
            ready=self._refusal(1) is None and self._has_a_way and not self._never_stored,
            refused=self._drainer.refused,
            threads_alive=self._threads_alive,
            backlog_rows=self._spool.backlog_rows,
            backlog_bytes=self._spool.backlog,
            spool_bytes=self._spool.bytes + self._spool.foreign_bytes,
            oldest_seconds=self._spool.oldest_seconds,
            rows_in_flight=self._settlement.unsettled,
            counters=self.counters,
        )

    async def close(self) -> None:
        """Settle what was handed in, drain for LOG_CLOSE_SECONDS, leave the rest safe on disk."""
        self._closing = True
        await asyncio.to_thread(self._close)
        if self._expiry is not None:
            self._expiry.cancel()

    def _close(self) -> None:
        deadline = time.monotonic() + self._settings.log_close_seconds
        self._writer.close()
        self._writer.join(self._settings.log_wait_seconds)
        self._drainer.close(deadline)
        self._drainer.join(max(0.0, deadline - time.monotonic()) + 0.5)
        self._syncer.close()
        self._syncer.join(self._settings.log_wait_seconds)
        stopping = LogUnavailable("the service is stopping")
        self._settlement.refuse(self._drainer.forget_direct(), stopping)
        if not (self._drainer.is_alive() or self._writer.is_alive() or self._syncer.is_alive()):
            self._spool.note(self.counters.account)
            self._spool.close()

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        self._settlement.expire(time.monotonic())
        self._expiry = loop.call_later(_EXPIRE_SECONDS, self._expire)

    def _refusal(self, rows: int) -> str | None:
        if self._closing:
            return "the service is stopping"
        if not self._threads_alive:
            return "a thread of the prediction log has ended: restart the service"
        if self._settlement.stuck:
            return "the prediction log does not answer"
        if self._settlement.unsettled + rows > self._settings.log_max_rows_in_flight:
            return "too many rows wait for the prediction log"
        if self._writer.spool_error is not None and self._drainer.known_away:
            return "neither the spool nor Postgres takes rows"
        return None

    @property
    def _has_a_way(self) -> bool:
        """Whether rows were seen to have a place to go: false for a moment after the start."""
        spooled = self._writer.spool_tried and self._writer.spool_error is None
        return spooled or self._drainer.away_reason is None

    @property
    def _never_stored(self) -> bool:
        """Whether Postgres answers and refuses, and never took a row of this process."""
        return self._drainer.refused and not self.counters.drained + self.counters.duplicate

    @property
    def _threads_alive(self) -> bool:
        return self._drainer.is_alive() and self._writer.is_alive() and self._syncer.is_alive()

    def _state(self) -> tuple[State, str | None]:
        if refusal := self._refusal(1):
            return "unavailable", refusal
        if self._writer.spool_error is not None:
            return "spool_unusable", self._writer.spool_error
        if self._drainer.away:
            return "postgres_away", self._drainer.away_reason or "it does not answer"
        if self._spool.bytes + self._spool.foreign_bytes > _HIGH * self._spool.max_bytes:
            return "spool_high", "the spool is over 80 % of LOG_SPOOL_MAX_BYTES"
        if self._spool.backlog >= BEHIND_BYTES:
            return "catching_up", "rows of the spool are on their way to Postgres"
        return "normal", None
