"""What every worker of a run needs alike, and one of them makes."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A directory of the run that `make` filled once; the others wait for it, and only read it."""
    own = factory.getbasetemp()
    root = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    made = root / name
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            unfinished = root / f"{name}.unfinished-{os.getpid()}"
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(made)
    return made
