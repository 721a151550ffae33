"""Draining what processes left in the spool that are gone."""

import logging
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from db.log.complaint import Complaint
from db.log.directory import foreign, is_left, others
from db.log.errors import FormRefused, PostgresAway
from db.log.orphan import Orphan
from db.log.row_store import CHUNK_BYTES, RowStore
from db.log.spool import Spool

logger = logging.getLogger("prediction_log")

_LOOK_AROUND_SECONDS = 3.0
_ASIDE_SECONDS = 10.0
_MOST_ASIDE_SECONDS = 60.0


@dataclass(slots=True)
class _Aside:
    """A directory that could not be drained."""

    complaint: Complaint = field(default_factory=Complaint)
    seconds: float = field(default_factory=lambda: _ASIDE_SECONDS)
    until: float = 0.0

    def again_later(self) -> None:
        self.until = time.monotonic() + self.seconds
        self.seconds = min(2 * self.seconds, _MOST_ASIDE_SECONDS)


class Orphans:
    """One after the other, a chunk at a time; one that cannot be drained yet is set aside.

    Live rows and other orphans never wait behind one that cannot be read or stored: whatever it
    is, it costs one line of the log, and a try now and then.
    """

    def __init__(self, spool: Spool, rows: RowStore) -> None:
        self._spool = spool
        self._rows = rows
        self._orphan: Orphan | None = None
        self._looked_at = 0.0
        self._drained_at = 0.0
        self._aside: dict[Path, _Aside] = {}
        self._named: set[str] = set()

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
        except Exception as error:
            # If it is Postgres that went away, the next call notices.
            self._set_aside(self._orphan.path if self._orphan else self._spool.root, error)
            return False

    def release(self) -> None:
        """Leave the rest to others."""
        if self._orphan is not None:
            orphan, self._orphan = self._orphan, None
            orphan.release()

    def _look_around(self) -> None:
        """Now and then: is there something that a dead process left? Raises OSError."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_AROUND_SECONDS:
            return
        self._looked_at = now
        self._spool.look_around()
        self._name_strangers()
        left = list(others(self._spool.root, self._spool.path))
        self._aside = {path: self._aside[path] for path in left if path in self._aside}
        for path in left:
            aside = self._aside.get(path)
            if aside is not None and now < aside.until:
                continue
            try:
                self._orphan = Orphan.adopt(path, self._spool.form) if is_left(path) else None
            except OSError as error:
                self._set_aside(path, error)
            if self._orphan is not None:
                if aside is None:
                    logger.warning("draining what a process that is gone left in %s", path)
                if self._orphan.account is not None:
                    self._rows.tell(self._orphan.account)
                return

    def _name_strangers(self) -> None:
        """Say once what lies in the spool and is not ours; it is left alone."""
        if not self._spool.root.is_dir():
            return
        new = foreign(self._spool.root) - self._named
        if new:
            self._named |= new
            names = ", ".join(sorted(map(ascii, new))[:20])
            logger.warning(
                "%s holds what is not ours, and is left alone: %s", self._spool.root, names
            )

    def _drain_next_of(self, orphan: Orphan) -> bool:
        chunk = orphan.read(CHUNK_BYTES)
        if chunk is None:
            self._finish(orphan)
            return True
        try:
            self._rows.store(chunk, first=False, origin=str(orphan.path))
        except FormRefused as error:
            self._complain(orphan.path, error)
            orphan.keep()
        else:
            orphan.advance(chunk.end)
        self._drained_at = time.monotonic()
        return True

    def _finish(self, orphan: Orphan) -> None:
        """All of it was read: remove the directory, or come back for what it had to keep."""
        if orphan.kept:
            self._of(orphan.path).again_later()
            self.release()
        else:
            if orphan.account is not None:
                self._rows.tell(replace(orphan.account, waiting=0, ended=True))
            orphan.remove()
            self._orphan = None
            self._aside.pop(orphan.path, None)
        self._looked_at = 0.0

    def _set_aside(self, path: Path, error: Exception) -> None:
        self._complain(path, error)
        self._of(path).again_later()
        self.release()

    def _complain(self, path: Path, error: Exception) -> None:
        complaint = self._of(path).complaint
        if not isinstance(error, PostgresAway | OSError):
            complaint.unexpected(f"cannot drain {path}, trying again later", error)
        elif complaint.is_new(str(error)):
            logger.warning("cannot drain %s now, trying again later: %s", path, error)

    def _of(self, path: Path) -> _Aside:
        return self._aside.setdefault(path, _Aside())
