"""What is measured without HTTP: one row's score, a batch's, the trainer."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import kinds
from benchmarks.rig import ROOT
from contract.bundle import load
from contract.feature import Value
from contract.preprocessing import Matrix
from contract.scoring import Scorer
from contract.store import ModelStore
from trainer.text_file import Form, open_text

_CALLS = 5000


def scoring(models: Path, rows: Matrix, say: Callable[[str], None]) -> dict[str, Any]:
    """Microseconds a row, preprocessing included: alone, and among a thousand."""
    store = ModelStore(models)
    version = store.active()
    assert version is not None, "the rig has trained a model"
    scorer = load(store.path(version)).scorer
    categories, sent = kinds.fitted(kinds.schema())
    return {
        "model": version,
        **_scored("", scorer, rows.tolist(), say),
        **_scored("ten_categories_", categories, sent, say),
    }


def _scored(
    name: str, scorer: Scorer, rows: list[list[Value]], say: Callable[[str], None]
) -> dict[str, Any]:
    """What a row as it was received costs, alone as /predict scores it and among all of them."""
    one = _microseconds(lambda turn: scorer.score_row(rows[turn % len(rows)]), _CALLS)
    together = _microseconds(lambda _: scorer.score_rows(rows), 50)
    batch = [time_us / len(rows) for time_us in together]
    of = name.replace("_", " ")
    say(f"one {of}row: p50 {_at(one, 0.5)} us, p99 {_at(one, 0.99)} us (limit 60 us)")
    say(f"a {of}row of a batch of {len(rows):,}: p50 {_at(batch, 0.5)} us")
    return {
        f"{name}one_row_us": {"p50": _at(one, 0.5), "p99": _at(one, 0.99)},
        f"{name}row_of_a_batch_us": {"p50": _at(batch, 0.5), "p99": _at(batch, 0.99)},
    }


def training(copies: Sequence[int], say: Callable[[str], None]) -> dict[str, Any]:
    """Seconds and peak memory of the trainer on the data, repeated."""
    source = os.environ.get("GMSC_CSV")
    if not source:
        say("skipped: GMSC_CSV does not name the real data")
        return {}
    found = {}
    with tempfile.TemporaryDirectory(prefix="bench-train-") as name:
        for count in copies:
            path = Path(name) / "cs-training.csv"
            rows = _repeat(Path(source), path, count)
            seconds, peak = _train(path, Path(name) / f"models-{count}")
            found[str(rows)] = {"seconds": round(seconds, 1), "peak_mib": round(peak)}
            say(f"{rows:>12,} rows: {seconds:.1f} s, peak {peak:,.0f} MiB")
    return found


def _repeat(source: Path, target: Path, copies: int) -> int:
    """Write the rows of a CSV, or of the one in a zip, several times; how many that makes."""
    with open_text(source, Form(source.name)) as text:
        header, body = text.readline(), text.read()
    with target.open("w", encoding="utf-8", newline="") as file:
        file.write(header)
        for _ in range(copies):
            file.write(body)
    return copies * body.count("\n")


def _train(path: Path, models: Path) -> tuple[float, float]:
    """Seconds and the peak memory in MiB of one run of the trainer."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_PATH": str(path),
        "MODELS_DIR": str(models),
    }
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "trainer", "train"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the trainer failed on {path} with exit code {process.returncode}")
    return time.monotonic() - began, usage.ru_maxrss / 1024


def _microseconds(call: Callable[[int], object], times: int) -> list[float]:
    """How long each call took, in ascending order."""
    for turn in range(min(times, 200)):
        call(turn)
    found = []
    for turn in range(times):
        began = time.perf_counter_ns()
        call(turn)
        found.append((time.perf_counter_ns() - began) / 1000)
    return sorted(found)


def _at(ordered: list[float], quantile: float) -> float:
    return round(ordered[int(quantile * (len(ordered) - 1))], 2)
