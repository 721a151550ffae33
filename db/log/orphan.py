"""What a process that is gone left in the spool."""

import os
from pathlib import Path

from db.log.chunk import Chunk, Forms, read_chunk
from db.log.directory import SpoolDirectory
from db.log.segment import Form


class Orphan:
    """The adopted directory of a dead process, read from its beginning.

    Where that process had got to is not written anywhere: what it had stored is stored again, and
    the log's key makes that harmless.
    """

    def __init__(self, directory: SpoolDirectory, form: Form) -> None:
        self._directory = directory
        self._segments = directory.segments()
        self._forms = Forms(form)
        self._offset = 0

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
            segment = self._segments[0]
            descriptor = os.open(segment, os.O_RDONLY)
            try:
                size = os.fstat(descriptor).st_size
                if self._offset < size:
                    span = (self._offset, size)
                    return read_chunk(descriptor, span, self._forms, limit=limit, final=True)
            finally:
                os.close(descriptor)
            segment.unlink(missing_ok=True)
            self._segments.pop(0)
            self._offset = 0
        return None

    def advance(self, offset: int) -> None:
        """All before `offset` in the current segment is in Postgres, or in quarantine."""
        self._offset = offset

    def remove(self) -> None:
        """Remove the drained directory."""
        self._directory.remove()

    def release(self) -> None:
        """Leave the rest to the next process."""
        self._directory.release()
