"""Processes of this machine: their children, their memory, and the signals they get."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def wait_until(condition: Callable[[], bool], *, seconds: float, what: str) -> float:
    """Poll until `condition` holds; the seconds that took. Fails with `what` after `seconds`."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"after {seconds:g} s still not: {what}")
        time.sleep(0.05)
    return time.monotonic() - began


def descendants(pid: int) -> list[int]:
    """All processes below `pid`, itself first."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := _parent(entry)) is not None:
            parents.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for process in found:
        found.extend(parents.get(process, []))
    return found


def send(pids: list[int], number: signal.Signals) -> None:
    """Signal processes, of which some may be gone already."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def is_gone(pid: int) -> bool:
    """Whether the process has ended, a zombie included."""
    try:
        return _stat(Path(f"/proc/{pid}"))[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def resident_bytes(pid: int) -> int:
    """Memory of the process and those below it; 0 when it is gone."""
    total = 0
    for process in descendants(pid):
        try:
            total += int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def _parent(entry: Path) -> int | None:
    try:
        return int(_stat(entry)[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _stat(entry: Path) -> list[str]:
    # The name stands in parentheses and may hold anything, spaces too.
    return (entry / "stat").read_text().rpartition(")")[2].split()
