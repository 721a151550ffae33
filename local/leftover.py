"""Servers that an earlier run left behind when it was killed."""

import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROCESSES = Path("/proc")
_STOP_SECONDS = 30
_KILL_SECONDS = 5


@dataclass(frozen=True)
class _Process:
    pid: int
    parent: int
    # Means this process only, also when its number has gone to another one; old kernels have none.
    descriptor: int | None

    def signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            if self.descriptor is None:
                os.kill(self.pid, number)
            else:
                signal.pidfd_send_signal(self.descriptor, number)

    @property
    def ended(self) -> bool:
        if self.descriptor is not None:
            return bool(select.select([self.descriptor], [], [], 0)[0])
        try:
            (_PROCESSES / str(self.pid) / "exe").readlink()
        except OSError:
            return True
        return False

    def close(self) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)


def end_leftover(data: Path) -> None:
    """Stop a server that works on this data, whoever started it.

    It is known by its program, its user and the directory that it works in: the file in which it
    notes its number is in its own hands, and the number may be another process's by now.
    """
    found = list(_servers(data))
    pids = {process.pid for process in found}
    try:
        for process in found:
            # A frozen process takes no signal before it goes on.
            process.signal(signal.SIGCONT)
            if process.parent not in pids:
                process.signal(signal.SIGINT)
        if not _all_end(found, _STOP_SECONDS):
            for process in found:
                process.signal(signal.SIGKILL)
            _all_end(found, _KILL_SECONDS)
    finally:
        for process in found:
            process.close()
    if _PROCESSES.exists():
        # Nobody works on the data now. Postgres would take whoever has the noted number, after a
        # restart of the machine say, for a server, and refuse to start.
        (data / "postmaster.pid").unlink(missing_ok=True)


def _servers(data: Path) -> Iterator[_Process]:
    place = data.stat()
    for entry in _PROCESSES.glob("[0-9]*"):
        process = _opened(int(entry.name))
        own = False
        # It may have ended meanwhile, or be somebody else's.
        with suppress(OSError):
            program = (entry / "exe").readlink().name
            own = program.startswith("postgres") and entry.stat().st_uid == place.st_uid
            own = own and os.path.samestat((entry / "cwd").stat(), place)
        if own:
            yield process
        else:
            process.close()


def _opened(pid: int) -> _Process:
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        descriptor = None
    try:
        parent = int((_PROCESSES / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        parent = 0
    return _Process(pid, parent, descriptor)


def _all_end(processes: list[_Process], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not all(process.ended for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
