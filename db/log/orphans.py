"""Draining what processes left in the spool that are gone."""

import logging
import time
from pathlib import Path

from db.log.directory import others
from db.log.errors import PostgresAway
from db.log.orphan import Orphan
from db.log.row_store import CHUNK_BYTES, RowStore
from db.log.spool import Spool

logger = logging.getLogger("prediction_log")

_LOOK_AROUND_SECONDS = 3.0
_ASIDE_SECONDS = 10.0


class Orphans:
    """One after the other, a chunk at a time; one that cannot be drained yet is set aside."""

    def __init__(self, spool: Spool, rows: RowStore) -> None:
        self._spool = spool
        self._rows = rows
        self._orphan: Orphan | None = None
        self._looked_at = 0.0
        self._drained_at = 0.0
        self._aside_until: dict[Path, float] = {}

    @property
    def idle_seconds(self) -> float:
        """Time since the last chunk."""
        return time.monotonic() - self._drained_at

    def drain_some(self) -> bool:
        """Store the next chunk, if any; False where there was nothing to do."""
        try:
            if self._orphan is None:
                self._look_around()
            return self._orphan is not None and self._drain_next_of(self._orphan)
        except (PostgresAway, OSError) as error:
            # Live rows and other orphans must not wait behind one that cannot be read or stored
            # yet; if it is Postgres that went away, the next call notices.
            self._set_aside(self._orphan.path if self._orphan else self._spool.root, error)
            return False

    def release(self) -> None:
        """Leave the rest to others."""
        if self._orphan is not None:
            self._orphan.release()
            self._orphan = None

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
        self._rows.store(chunk, first=False, origin=str(orphan.path))
        orphan.advance(chunk.end)
        self._drained_at = time.monotonic()
        return True

    def _set_aside(self, path: Path, error: Exception) -> None:
        logger.warning("cannot drain %s now, trying again later: %s", path, error)
        self._aside_until[path] = time.monotonic() + _ASIDE_SECONDS
        self.release()
