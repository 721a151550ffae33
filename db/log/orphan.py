"""What a process that is gone left in the spool."""

import logging
import os
from pathlib import Path

from db.log.account import Account
from db.log.chunk import Chunk, Forms, read_chunk
from db.log.directory import SpoolDirectory
from db.log.errors import FormError
from db.log.form import Form
from db.log.private import open_file
from db.log.quarantine import Quarantine

logger = logging.getLogger("prediction_log")


class Orphan:
    """The adopted directory of a dead process, read from its beginning.

    Where that process had got to is not written anywhere: what it had stored is stored again, and
    the log's key makes that harmless.
    """

    def __init__(self, directory: SpoolDirectory, form: Form) -> None:
        self._directory = directory
        self.account = Account.read(directory.note)
        """What its process last said of itself."""
        self._segments = directory.segments()
        self._quarantine = Quarantine(directory.path.parent)
        self._forms = Forms(form)
        self._offset = 0
        self._unusable = 0
        self._reason = ""
        self.kept = 0
        """Segments that cannot be stored yet, and stay where they are."""

    @classmethod
    def adopt(cls, path: Path, form: Form) -> "Orphan | None":
        """The orphan at `path`, unless its process lives or another adopted it."""
        directory = SpoolDirectory.adopt(path)
        return cls(directory, form) if directory else None

    @property
    def path(self) -> Path:
        """Its directory."""
        return self._directory.path

    def read(self, limit: int) -> Chunk | None:
        """The next rows; None when there are no more. Raises OSError."""
        while self._segments:
            try:
                chunk = self._read_from(self._segments[0], limit)
            except FormError as error:
                self._note_unusable(1, str(error))
                chunk = None
            if chunk is not None:
                # They go with the whole segment, at its end.
                chunk.aside, chunk.unusable = len(chunk.unusable), []
                self._note_unusable(chunk.aside, chunk.reason)
                return chunk
            self._finish(self._segments[0])
            self._next()
        return None

    def advance(self, offset: int) -> None:
        """All before `offset` in the current segment is in Postgres, or in quarantine."""
        self._offset = offset

    def keep(self) -> None:
        """Leave the current segment where it is, for later, and go on with the next."""
        self.kept += 1
        self._next()

    def remove(self) -> None:
        """Remove the drained directory; what is not ours stays in it."""
        self._directory.remove()

    def release(self) -> None:
        """Leave the rest to the next process."""
        self._directory.release()

    def _read_from(self, segment: Path, limit: int) -> Chunk | None:
        descriptor = open_file(segment, os.O_RDONLY)
        try:
            size = os.fstat(descriptor).st_size
            if self._offset >= size:
                return None
            span = (self._offset, size)
            return read_chunk(descriptor, span, self._forms, limit=limit, final=True)
        finally:
            os.close(descriptor)

    def _note_unusable(self, frames: int, reason: str) -> None:
        self._unusable += frames
        self._reason = self._reason or reason

    def _finish(self, segment: Path) -> None:
        """The segment's rows are stored: remove it, or set it aside for what else it holds."""
        if not self._unusable:
            segment.unlink(missing_ok=True)
            return
        reason = f"{segment} holds what cannot be stored ({self._reason}), {self._unusable} times"
        name = self._quarantine.segment(segment, reason)
        logger.error("%s: kept in quarantine as %s", reason, name)

    def _next(self) -> None:
        self._segments.pop(0)
        self._offset = 0
        self._unusable, self._reason = 0, ""
