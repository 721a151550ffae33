"""A promotion or a rollback that is killed at one step, as the process that a test starts.

Run as `python -m tests.retraining.killed STEP promote|roll_back DATABASE_URL MODELS CASE`.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contract.store import ModelStore
from monitor.database import Database
from retraining import changes, promotion, records

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLICY, EVIDENCE = "a" * 64, "b" * 64

_ROOT = Path(__file__).parents[2]

STEPS = ("before_begun", "begun", "history", "current", "done")


def run_killed(step: str, what: str, url: str, models: Path, case_id: int) -> None:
    """Begin it in another process, which is killed at a step."""
    arguments = (step, what, url, str(models), str(case_id))
    killed = subprocess.run(
        [sys.executable, "-m", "tests.retraining.killed", *arguments],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert killed.returncode == -9, killed.stderr


def main() -> None:
    step, what, url, models, case_id = sys.argv[1:]
    _kill_at(step, "promoting" if what == "promote" else "rolling_back")
    database, store = Database(url, lambda: None), ModelStore(Path(models))
    with database.connection() as connection:
        if what == "promote":
            promotion.promote(
                *(connection, store, int(case_id)),
                policy_sha256=POLICY,
                evidence=lambda _: EVIDENCE,
                by="Bob",
                at=NOW,
            )
        else:
            promotion.roll_back(connection, store, by="Bob", reason="Worse.", at=NOW)


def _kill_at(step: str, kind: str) -> None:
    match step:
        case "before_begun":
            # The record is written, and not committed.
            _after(records, "append", lambda *args, **_: args[1] == kind)
        case "begun":
            _before(changes, "_make_active", lambda *_: True)
        case "history":
            _after(ModelStore, "_write", lambda *args: args[1] == ".activated")
        case "current":
            _after(ModelStore, "_write", lambda *args: args[1] == "current")
        case "done":
            _before(changes, "_ended", lambda *_: True)


def _before(place: Any, name: str, applies: Callable[..., bool]) -> None:
    _wrap(place, name, applies, kill_first=True)


def _after(place: Any, name: str, applies: Callable[..., bool]) -> None:
    _wrap(place, name, applies, kill_first=False)


def _wrap(place: Any, name: str, applies: Callable[..., bool], *, kill_first: bool) -> None:
    whole = getattr(place, name)

    def wrapped(*args: Any, **more: Any) -> Any:
        if kill_first and applies(*args, **more):
            _die()
        result = whole(*args, **more)
        if applies(*args, **more):
            _die()
        return result

    setattr(place, name, wrapped)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
