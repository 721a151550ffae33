"""The spool: the service's write-ahead log, and the batches that wait for a promise.

Three threads meet here: the writer appends, the syncer makes durable, the drainer reads and
commits. A batch is in exactly one of their hands; what is waiting is in `_pending`, in the order
of the file, and leaves it under the lock, together with the fact that lets it leave.
"""

import errno
import os
import threading
import time
from asyncio import Future
from collections import deque
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from contract.durable import sync_directory
from db.log.account import Account
from db.log.chunk import Chunk, Forms, read_chunk
from db.log.directory import SpoolDirectory, others, size_of
from db.log.errors import SpoolError, SpoolFull
from db.log.form import Form
from db.log.private import open_file
from db.log.segment import encode


class Position(NamedTuple):
    """A place in the spool: number of the segment, offset in it."""

    segment: int
    offset: int


BEGIN = Position(0, 0)

Waiter = Future[None]

_MAX_MARKS = 4096


@dataclass(slots=True, eq=False)
class Batch:
    """Rows that were handed in together, and who waits for them."""

    payload: bytes
    rows: int
    waiters: list[Waiter]
    due: float
    """Monotonic time from which a durable spool is enough."""
    end: Position = BEGIN


@dataclass(slots=True, eq=False)
class _Segment:
    number: int
    path: Path
    descriptor: int
    size: int = 0
    synced: int = 0
    named: bool = False
    """Whether the file's name is durable in its directory."""
    sealed: bool = False
    users: int = 0
    """Threads that are in the middle of a call on the descriptor."""
    removed: bool = False


class SyncError(SpoolError):
    """The disk did not keep what was written; `lost` are the batches that must go elsewhere."""

    def __init__(self, reason: str, lost: list[Batch]) -> None:
        super().__init__(reason)
        self.lost = lost


class Spool:
    """The segments of this process. Nothing is kept open before the first append."""

    def __init__(self, root: Path, form: Form, *, max_bytes: int, segment_bytes: int) -> None:
        self.root = root
        self.form = form
        self.max_bytes = max_bytes
        # Several segments to a quota, so that drained ones make room while others wait.
        self.segment_bytes = min(segment_bytes, max_bytes // 8)
        self.bytes = 0
        """Size of this process's segments."""
        self.foreign_bytes = 0
        """Size of what other processes hold or left, as of the last look."""
        self.backlog = 0
        """Bytes that are not in Postgres yet."""
        self.backlog_rows = 0
        """Rows that are not in Postgres yet."""
        self._marks: deque[tuple[Position, float]] = deque()
        self._lock = threading.RLock()
        # Apart from the other, for it is held while the disk is waited for.
        self._opening = threading.Lock()
        self._forms = Forms(form)
        self._header = encode(form.document, 0, form)
        self._pending: deque[Batch] = deque()
        self._segments: dict[int, _Segment] = {}
        self._active: _Segment | None = None
        self._directory: SpoolDirectory | None = None
        self._number = 0
        self._noted: Account | None = None

    @property
    def path(self) -> Path | None:
        """The directory of this process, once there is one."""
        return self._directory.path if self._directory else None

    # The writer's part.

    def append(self, batch: Batch) -> None:
        """Write the batch as one frame; it then waits here for `committed` or `take_durable`.

        Raises SpoolError, and the batch waits nowhere.
        """
        frame = encode(batch.payload, batch.rows, self.form)
        if self.bytes + self.foreign_bytes + len(frame) > self.max_bytes:
            raise SpoolFull(f"the spool holds its {self.max_bytes:,} bytes")
        while not self._append(frame, batch):
            pass  # the segment was given up meanwhile: again, in the next one

    def _append(self, frame: bytes, batch: Batch) -> bool:
        with self._lock:
            segment = self._active
            if segment is not None:
                segment.users += 1
        if segment is None:
            segment = self._open()
        try:
            _write(segment.descriptor, frame)
        except OSError as error:
            self._seal(segment, segment.size)
            raise SpoolError(f"cannot write {segment.path}: {error.strerror}") from error
        finally:
            self._let_go(segment)
        with self._lock:
            if segment.sealed:
                return False
            self._grow(segment, len(frame))
            batch.end = Position(segment.number, segment.size)
            self._pending.append(batch)
            self.backlog_rows += batch.rows
            self._mark(batch.end)
            if segment.size >= self.segment_bytes:
                segment.sealed, self._active = True, None
            return True

    def try_out(self) -> None:
        """Try whether a segment can be written and kept, and leave no trace; raises SpoolError."""
        try:
            directory = SpoolDirectory.create(self.root)
            try:
                directory.try_out(self._header)
            finally:
                directory.remove()
        except OSError as error:
            raise SpoolError(f"cannot write {self.root}: {error.strerror}") from error

    def probe(self) -> None:
        """Try whether the next frame could be written and kept; raises SpoolError."""
        if self.bytes + self.foreign_bytes >= self.max_bytes:
            raise SpoolFull(f"the spool holds its {self.max_bytes:,} bytes")
        if self._active is None:
            self._let_go(self._open())
        self.sync()

    def look_around(self) -> None:
        """Measure what other processes hold, for the quota is the directory's."""
        self.foreign_bytes = sum(size_of(path) for path in others(self.root, self.path))

    def _open(self) -> _Segment:
        """The active segment, in use by the caller; made where there is none."""
        with self._opening:
            with self._lock:
                if self._active is not None:
                    self._active.users += 1
                    return self._active
            return self._make()

    def _make(self) -> _Segment:
        try:
            directory = self._own_directory()
            path = directory.segment(self._number)
            descriptor = open_file(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        except OSError as error:
            raise SpoolError(f"cannot write {self.root}: {error.strerror}") from error
        segment = _Segment(self._number, path, descriptor, users=1)
        try:
            _write(descriptor, self._header)
        except OSError as error:
            os.close(descriptor)
            path.unlink(missing_ok=True)
            raise SpoolError(f"cannot write {path}: {error.strerror}") from error
        with self._lock:
            self._number += 1
            self._segments[segment.number] = self._active = segment
            self._grow(segment, len(self._header))
        return segment

    def _let_go(self, segment: _Segment) -> None:
        """The caller's call on the descriptor is over; the last one closes a removed segment's.

        Closed any earlier, its number could be another file's, or a socket's, before the call.
        """
        with self._lock:
            segment.users -= 1
            if segment.removed and segment.users == 0:
                os.close(segment.descriptor)

    def _own_directory(self) -> SpoolDirectory:
        if self._directory is None or not self._directory.exists:
            # Segments of a removed directory live on in their descriptors until they are drained.
            self._directory, self._noted = SpoolDirectory.create(self.root), None
        return self._directory

    def _mark(self, end: Position) -> None:
        """Remember about when the place `end` was written."""
        now = time.monotonic()
        if not self._marks or now - self._marks[-1][1] >= 1:
            self._marks.append((end, now))
        if len(self._marks) > _MAX_MARKS:
            self._marks = deque(list(self._marks)[::2])

    @property
    def oldest_seconds(self) -> float:
        """Age of the oldest row that is not in Postgres yet, to about a second; 0 without one."""
        with self._lock:
            return time.monotonic() - self._marks[0][1] if self._marks else 0.0

    def _grow(self, segment: _Segment, size: int) -> None:
        segment.size += size
        self.bytes += size
        self.backlog += size

    # The syncer's part.

    def sync(self) -> None:
        """Make durable what is written; raises SyncError with the batches that are not."""
        with self._lock, ExitStack() as stack:
            todo = [
                (segment, _duplicate(stack, segment.descriptor), segment.size)
                for segment in self._segments.values()
                if segment.synced < segment.size
            ]
            opened = stack.pop_all()
        with opened:
            for segment, descriptor, size in todo:
                try:
                    os.fdatasync(descriptor)
                    if os.fstat(descriptor).st_nlink == 0:
                        raise FileNotFoundError(errno.ENOENT, "the file was removed")
                    if not segment.named:
                        sync_directory(segment.path.parent)
                        segment.named = True
                except OSError as error:
                    if segment.removed:
                        continue  # drained and removed while we synced
                    lost = self._seal(segment, segment.synced)
                    raise SyncError(
                        f"cannot sync {segment.path}: {error.strerror}", lost
                    ) from error
                segment.synced = size

    def take_durable(self, now: float, *, at_once: bool) -> list[Batch]:
        """The batches whose frames are durable and that need not wait for Postgres any longer."""
        taken: list[Batch] = []
        with self._lock:
            while self._pending and (at_once or self._pending[0].due <= now):
                if not self._is_durable(self._pending[0].end):
                    break
                taken.append(self._pending.popleft())
        return taken

    def waits_for_sync(self, now: float, *, at_once: bool) -> bool:
        """Whether the oldest batch waits for `sync`."""
        with self._lock:
            return bool(self._pending) and (at_once or self._pending[0].due <= now)

    def _is_durable(self, end: Position) -> bool:
        segment = self._segments.get(end.segment)
        return segment is None or end.offset <= segment.synced

    def _seal(self, segment: _Segment, size: int) -> list[Batch]:
        """Give the segment up from `size` on; the batches that were there."""
        with self._lock:
            lost = [
                batch
                for batch in self._pending
                if batch.end.segment == segment.number and batch.end.offset > size
            ]
            self._pending = deque(batch for batch in self._pending if batch not in lost)
            self.bytes -= segment.size - size
            self.backlog -= segment.size - size
            self.backlog_rows -= sum(batch.rows for batch in lost)
            segment.size, segment.sealed = size, True
            segment.users += 1
            if self._active is segment:
                self._active = None
            if size <= len(self._header) and not segment.removed:
                self._remove(segment)
        # Where it fails, the torn frame stays at the end: a reader expects it there.
        with suppress(OSError):
            os.ftruncate(segment.descriptor, size)
        self._let_go(segment)
        return lost

    # The drainer's part.

    def read(self, at: Position, limit: int) -> tuple[Chunk, Position] | None:
        """The next rows from `at` on, and the place after them; None when there are none yet.

        Raises OSError.
        """
        with self._lock:
            for segment in self._segments.values():
                if segment.number < at.segment:
                    continue
                start = at.offset if segment.number == at.segment else 0
                if start < segment.size:
                    break
            else:
                return None
            span, sealed = (start, segment.size), segment.sealed
            segment.users += 1
        try:
            chunk = read_chunk(segment.descriptor, span, self._forms, limit=limit, final=sealed)
        finally:
            self._let_go(segment)
        return chunk, Position(segment.number, chunk.end)

    def committed(self, position: Position, rows: int) -> list[Batch]:
        """All before `position` is in Postgres, `rows` since the last call.

        Returns the batches that were there: they wait no longer.
        """
        done: list[Batch] = []
        with self._lock:
            while self._marks and self._marks[0][0] <= position:
                self._marks.popleft()
            while self._pending and self._pending[0].end <= position:
                done.append(self._pending.popleft())
            for segment in list(self._segments.values()):
                finished = Position(segment.number, segment.size) <= position
                # The active segment goes too once it is large; a writer that is in the middle of
                # it finds it sealed and writes to the next.
                if finished and (segment.sealed or segment.size >= self.segment_bytes):
                    self._remove(segment)
            self.backlog = sum(
                segment.size - (position.offset if segment.number == position.segment else 0)
                for segment in self._segments.values()
                if Position(segment.number, segment.size) > position
            )
            self.backlog_rows = max(0, self.backlog_rows - rows) if self.backlog else 0
        return done

    def _remove(self, segment: _Segment) -> None:
        del self._segments[segment.number]
        segment.sealed = True
        if self._active is segment:
            self._active = None
        self.bytes -= segment.size
        segment.removed = True
        if segment.users == 0:
            os.close(segment.descriptor)
        # What cannot be unlinked is found again by whoever adopts the directory, and stored twice
        # to no effect.
        with suppress(OSError):
            segment.path.unlink(missing_ok=True)

    def note(self, account: Account) -> None:
        """Keep the account beside the rows, as far as that can be."""
        directory = self._directory
        if directory is not None and account != self._noted:
            with suppress(OSError):
                directory.keep(account.write())
                self._noted = account

    def close(self) -> None:
        """Leave the spool: durable, and adoptable where something is left in it."""
        with self._lock:
            drained = self.backlog == 0
            for segment in list(self._segments.values()):
                if drained:
                    self._remove(segment)
                else:
                    os.close(segment.descriptor)
            self._segments.clear()
            self._active = None
            if self._directory is not None:
                _leave(self._directory, empty=drained)
                self._directory = None


def _leave(directory: SpoolDirectory, *, empty: bool) -> None:
    if empty and directory.exists:
        directory.remove()
    else:
        directory.release()


def _duplicate(stack: ExitStack, descriptor: int) -> int:
    """A descriptor of our own: the drainer may close the other while we sync."""
    duplicate = os.dup(descriptor)
    stack.callback(os.close, duplicate)
    return duplicate


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
