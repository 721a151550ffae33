"""The real api with a fault in its process: `python -m tests.faults.launch`, for tests only.

FAULTS_IN_PROCESS is a JSON object; each key below is a function of `_FAULTS` that puts one fault in
place. `arm` names a file: faults that need a moment act from when it exists, as long as it does.
"""

import errno
import json
import os
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from psycopg2 import sql

import db.log.row
import db.log.spool
from api.model import served
from api.server import main
from db.log.errors import PostgresAway
from db.log.postgres import PostgresLog
from db.log.row import RowFormat
from db.log.row_store import RowStore
from db.log.session import Session
from db.log.spool import Spool
from tests.faults.power import Notes

KILLED = 137

Around = Callable[..., Any]


class Switch:
    """On while its file exists."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def __bool__(self) -> bool:
        return self._path.exists()


def _set(owner: Any, name: str, value: Any) -> None:
    # Not an assignment, which the type checker would rightly refuse.
    setattr(owner, name, value)


def _wrap(owner: Any, name: str, around: Around) -> None:
    """Replace `owner.name` by `around(original, *arguments)`."""
    original = getattr(owner, name)

    def replacement(*arguments: Any, **options: Any) -> Any:
        return around(original, *arguments, **options)

    _set(owner, name, replacement)


def _crash(point: str, switch: Switch) -> None:
    """End the process at a named point, as a kill -9 does: nothing is closed, nothing flushed."""
    owner, name, before = _POINTS[point]

    def around(original: Around, *arguments: Any, **options: Any) -> Any:
        if before and switch:
            os._exit(KILLED)
        result = original(*arguments, **options)
        if switch:
            os._exit(KILLED)
        return result

    _wrap(owner, name, around)


def _tear(_: object, switch: Switch) -> None:
    """End the process in the middle of a frame."""

    def around(original: Around, descriptor: int, data: bytes) -> None:
        if switch:
            original(descriptor, data[: len(data) // 2])
            os._exit(KILLED)
        original(descriptor, data)

    _wrap(db.log.spool, "_write", around)


# Point: whose function, its name, whether before it (else after it).
_POINTS: dict[str, tuple[Any, str, bool]] = {
    "before the write": (db.log.spool, "_write", True),
    "after the write": (db.log.spool, "_write", False),
    "before the fsync": (os, "fdatasync", True),
    "after the fsync, before the answer": (os, "fdatasync", False),
    "after the COPY, before COMMIT": (PostgresLog, "_copy", False),
    "after COMMIT, before the segment goes": (RowStore, "store", False),
    "before the segment goes": (Spool, "_remove", True),
    "after the segment went": (Spool, "_remove", False),
    "while a directory goes": (Path, "rmdir", True),
    "before a directory has its name": (Path, "rename", True),
}


def _fdatasync(kind: str, switch: Switch) -> None:
    """slow: half a second each. fail: EIO. hang: until the switch is off."""

    def around(original: Around, descriptor: int) -> None:
        if switch and kind == "fail":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if switch and kind == "slow":
            time.sleep(0.5)
        while switch and kind == "hang":
            time.sleep(0.05)
        original(descriptor)

    _wrap(os, "fdatasync", around)


def _write(kind: str, switch: Switch) -> None:
    """Kind `no space`: a part of what is written fits, then nothing."""
    assert kind == "no space"

    def around(original: Around, descriptor: int, data: memoryview) -> int:
        if not switch or not _is_segment(descriptor):
            return int(original(descriptor, data))
        if len(data) > 1:
            return int(original(descriptor, data[: len(data) // 2]))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    _wrap(os, "write", around)


def _is_segment(descriptor: int) -> bool:
    regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
    return regular and _path_of(descriptor).suffix == ".seg"


def _clock(path: str, _: Switch) -> None:
    """Shift the time of new rows by the seconds in a file."""
    source = Path(path)

    def shifted() -> int:
        return time.time_ns() + int(float(source.read_text() or 0) * 1e9)

    _set(db.log.row, "time", SimpleNamespace(time_ns=shifted))


def _note_synced(path: str, _: Switch) -> None:
    """Keep what a power cut would leave of the spool; see tests.faults.power."""
    notes = Notes(Path(path))

    def data(original: Around, descriptor: int) -> None:
        size = os.fstat(descriptor).st_size
        original(descriptor)
        notes.file_synced(_path_of(descriptor), size)

    def names(original: Around, descriptor: int) -> None:
        entries = os.listdir(descriptor) if stat.S_ISDIR(os.fstat(descriptor).st_mode) else []
        original(descriptor)
        notes.names_synced(_path_of(descriptor), entries)

    _wrap(os, "fdatasync", data)
    _wrap(os, "fsync", names)


def _path_of(descriptor: int) -> Path:
    return Path(f"/proc/self/fd/{descriptor}").readlink()


def _newer_row(_: object, __: Switch) -> None:
    """A release whose rows have one more column."""

    class Newer(RowFormat):
        def __init__(self, schema: Any) -> None:
            super().__init__(schema)
            self.columns = (*self.columns, ("newer_column", "integer"))

        def encode(self, *arguments: Any, **options: Any) -> bytes:
            return super().encode(*arguments, **options)[:-1] + b"\t7\n"

    _set(served, "RowFormat", Newer)


def _break(promise: str, _: Switch) -> None:
    """Break the promise on purpose, for the verdict to see."""
    _BREAKS[promise]()


def _answer_before_fsync() -> None:
    _wrap(Spool, "_is_durable", lambda _original, _spool, _end: True)
    _wrap(Spool, "sync", lambda _original, _spool: None)


def _answer_before_write() -> None:
    def around(_original: Around, spool: Spool, batch: Any) -> None:
        batch.end = db.log.spool.BEGIN
        spool._pending.append(batch)

    _wrap(Spool, "append", around)


def _drop_on_timeout() -> None:
    def around(original: Around, *arguments: Any, **options: Any) -> Any:
        try:
            return original(*arguments, **options)
        except PostgresAway:
            return None

    _wrap(RowStore, "store", around)


def _synchronous_commit_off() -> None:
    around = Session.settings

    def settings(session: Session, *, local: bool) -> Any:
        off = "SELECT set_config('synchronous_commit', 'off', {})"
        made = [around(session, local=local), sql.SQL(off).format(sql.Literal(local))]
        return sql.SQL("; ").join(made)

    _set(Session, "settings", settings)
    _set(Session, "wrong", staticmethod(lambda _: []))


_BREAKS = {
    "answer before the fsync": _answer_before_fsync,
    "answer before the write": _answer_before_write,
    "drop on a timeout": _drop_on_timeout,
    "synchronous_commit=off": _synchronous_commit_off,
}

_FAULTS: dict[str, Callable[[Any, Switch], None]] = {
    "break": _break,
    "clock": _clock,
    "crash": _crash,
    "fdatasync": _fdatasync,
    "newer_row": _newer_row,
    "note_synced": _note_synced,
    "tear": _tear,
    "write": _write,
}


if __name__ == "__main__":
    faults = json.loads(os.environ.pop("FAULTS_IN_PROCESS"))
    arm = Switch(faults.pop("arm", "/nonexistent"))
    for fault, value in faults.items():
        _FAULTS[fault](value, arm)
    sys.exit(main())
