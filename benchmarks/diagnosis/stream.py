"""A stream with a known cause.

    GMSC_CSV=cs-training.csv.zip python -m benchmarks.diagnosis.stream unit_30 --seed 3 --out here

writes `here/stream.csv.gz` in the form of a replay and `here/truth.json`.
"""

import argparse
import gzip
import json
import zlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.diagnosis.draft import DUE_HOURS, START, Draft, drawn
from benchmarks.diagnosis.memory import MemoryEvidence
from benchmarks.diagnosis.mixed import MIXED
from benchmarks.diagnosis.scenarios import SINGLE, Scenario, Setting
from benchmarks.diagnosis.truth import Truth
from benchmarks.diagnosis.world import NAMES, World, cells_of, world
from contract.cell_layout import Layout
from diagnosis.evidence import Event
from diagnosis.hours import Hours
from diagnosis.rows import Rows

SCENARIOS: dict[str, Scenario] = SINGLE | MIXED
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class Stream:
    """Rows in the order of time, their counts, and the truth."""

    truth: Truth
    draft: Draft
    hours: Hours
    evidence: MemoryEvidence


def make(
    world: World,
    scenario: str,
    severity: float = 2.0,
    seed: int = 0,
    *,
    days: int = 60,
    rows_an_hour: float = 200,
    coverage: float = 0.9,
    ramp_days: float = 0,
) -> Stream:
    """A stream; the same arguments make the same one. The onset is on day 16 to 22, on the hour."""
    draw = np.random.default_rng([seed, zlib.crc32(scenario.encode()), int(severity * 100)])
    onset = float(draw.integers(16 * 24, 22 * 24))
    plan = SCENARIOS[scenario](Setting(world, severity, onset, draw, ramp=24 * ramp_days))
    truth = Truth(**{**vars(plan.truth), "scenario": scenario})
    draft = drawn(
        world, plan.changes, draw, rows_an_hour=rows_an_hour, hours=24 * days, coverage=coverage,
        names=plan.callers,
    )  # fmt: skip
    rows = _rows(draft)
    known = [
        Event(float(rows.times[np.flatnonzero(draft.callers == at)[0]]), "caller_first", name)
        for at, name in enumerate(draft.names)
        if (draft.callers == at).any()
    ]
    events = tuple(sorted(known, key=lambda event: event.at))
    evidence = MemoryEvidence(rows, draft.foreign, events)
    return Stream(truth, draft, _hours(draft, 24 * days), evidence)


def _rows(draft: Draft) -> Rows:
    times = START + draft.times
    observed = np.where(draft.lost, np.nan, times + draft.delays)
    outcomes = np.where(draft.lost, np.nan, draft.outcomes)
    return Rows(
        draft.values, draft.scores, draft.callers, times, outcomes, observed, times + DUE_HOURS,
        draft.names,
    )  # fmt: skip


def _hours(draft: Draft, hours: int) -> Hours:
    profile = draft.world.reference.profile
    layout = Layout.of(profile)
    cells = draft.world.cells[draft.people]
    touched = draft.changed | draft.foreign
    cells[touched] = cells_of(profile, draft.values[touched], draft.scores[touched])
    callers = len(draft.names)
    group = np.minimum(draft.times, hours - 1e-9).astype(np.int64) * callers + draft.callers
    counts = np.zeros((hours * callers, layout.size), dtype=np.int64)

    def count(at: int, rows: np.ndarray) -> None:
        counts[:, at] += np.bincount(group[rows], minlength=len(counts))

    starts = [place.start for place in layout.places] + [layout.score_start]
    ends = [place.end for place in layout.places] + [layout.size]
    for column, (start, end) in enumerate(zip(starts, ends, strict=True)):
        size = end - start
        at = np.bincount(group * size + cells[:, column], minlength=len(counts) * size)
        counts[:, start:end] = at.reshape(-1, size)
    for column, place in enumerate(layout.places):
        if place.column.minimum is not None and place.column.maximum is not None:
            values = draft.values[:, column]
            count(place.end, values < place.column.minimum)
            count(place.end + 1, values > place.column.maximum)
    rows = np.bincount(group, minlength=len(counts)).reshape(hours, callers)
    return Hours(START, draft.names, rows, counts.reshape(hours, callers, layout.size))


def write(stream: Stream, directory: Path) -> None:
    """`stream.csv.gz`, to be replayed, and `truth.json`, to judge by."""
    directory.mkdir(parents=True, exist_ok=True)
    rows = stream.evidence.stream
    table = {
        "event_time": [_text(hour) for hour in rows.times.tolist()],
        "client": np.array(rows.names)[rows.callers],
        "reference": [f"b{at:08d}" for at in range(len(rows))],
    }
    features = {name: _plain(rows.values[:, at]) for at, name in enumerate(NAMES)}
    heard = ~np.isnan(rows.outcomes)
    outcomes = {
        "outcome": np.where(heard, np.nan_to_num(rows.outcomes).astype(int).astype(str), ""),
        "outcome_time": ["" if hour != hour else _text(hour) for hour in rows.observed.tolist()],  # noqa: PLR0124
    }
    frame = pd.DataFrame({**table, **features, **outcomes})
    text = frame.to_csv(index=False, lineterminator="\n").encode()
    (directory / "stream.csv.gz").write_bytes(gzip.compress(text, 5, mtime=0))
    told = {**asdict(stream.truth), "accepted": sorted(stream.truth.accepted)}
    for name in ("onset", "end"):
        if told[name] is not None:
            told[name] = _text(START + told[name])
    (directory / "truth.json").write_text(json.dumps(told, indent=1) + "\n")


def _text(hour: float) -> str:
    moment = _EPOCH + timedelta(milliseconds=round(hour * 3_600_000))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(values: np.ndarray) -> list[str]:
    return [
        "" if value != value else str(int(value)) if value == int(value) else repr(value)  # noqa: PLR0124
        for value in values.tolist()
    ]


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis.stream")
    parser.add_argument("scenario", choices=sorted(SCENARIOS))
    parser.add_argument("--severity", type=float, default=2, help="in multiples of the tolerance")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--rows-an-hour", type=float, default=200)
    parser.add_argument("--coverage", type=float, default=0.9, help="share that has an outcome")
    parser.add_argument("--ramp-days", type=float, default=0, help="until the change is complete")
    parser.add_argument("--cache", type=Path, help="where the world is kept")
    parser.add_argument("--out", type=Path, required=True)
    given = vars(parser.parse_args())
    out, cache = given.pop("out"), given.pop("cache")
    write(make(world(cache), given.pop("scenario"), **given), out)


if __name__ == "__main__":
    main()
