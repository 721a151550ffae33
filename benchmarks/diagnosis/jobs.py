"""One stream for one contender: made, looked at, judged, and kept."""

import dataclasses
import json
import resource
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.diagnosis import quiet, stream
from benchmarks.diagnosis.contenders import CONTENDERS, Watch
from benchmarks.diagnosis.judging import Verdict, judge
from benchmarks.diagnosis.mixed import MIXED
from benchmarks.diagnosis.scenarios import SINGLE
from benchmarks.diagnosis.world import World

QUIET = {"quiet_200": 200.0, "quiet_1000": 1000.0, "quiet_100000": 100_000.0}
CREEP = "creep"
GROUPS = {"single": list(SINGLE), "mixed": list(MIXED), "quiet": [*QUIET, CREEP]}
_CREEP_ROWS = 10_000_000 / (60 * 24)
# An odds ratio of 1.3 in a segment takes some thousand positives that are due.
_SLOW = ("concept", "calibration", "label_shift", "outcome", "selective", "rejected")
_SLOW_ROWS, _SLOW_DAYS = 1000.0, 70


@dataclasses.dataclass(frozen=True)
class Job:
    """What is asked: None is what the scenario has by itself."""

    contender: str
    scenario: str
    severity: float
    seed: int
    rows_an_hour: float | None = None
    days: int | None = None
    ramp_days: float = 0.0


def jobs(
    contenders: list[str],
    scenarios: list[str],
    severities: list[float],
    seeds: range,
    **sizes: Any,
) -> Iterator[Job]:
    """All of them, a seed after the other, so that what was interrupted has seen each cell."""
    names = [name for asked in scenarios for name in GROUPS.get(asked, [asked])]
    for seed in seeds:
        for contender in contenders:
            for scenario in names:
                # What has its natural size has one severity.
                of_size = scenario in SINGLE and scenario != "none"
                for severity in severities if of_size else [2.0]:
                    yield Job(contender, scenario, severity, seed, **sizes)


def run(the_world: World, job: Job) -> tuple[Job, Verdict]:
    """Make the stream, let the contender look at it, and judge."""
    made = _made(the_world, job)
    watch = Watch()
    contender = CONTENDERS[job.contender]
    crash = ""
    try:
        happenings = contender(the_world.reference, made.hours, made.evidence, watch)
    except Exception:
        # One contender that fails on one stream is a result, and no reason to lose the others.
        happenings, crash = [], traceback.format_exc()
        sys.stderr.write(f"{job}\n{crash}")
    peak = watch.peak_mb or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    verdict = judge(made.truth, job.seed, made.hours, happenings)
    verdict = dataclasses.replace(
        verdict,
        named="crashed" if crash else verdict.named,
        scenario=job.scenario,
        seconds=round(sum(watch.rounds), 3),
        slowest=round(max(watch.rounds, default=0.0), 3),
        peak_mb=round(peak),
    )
    return job, verdict


def keep(path: Path, job: Job, verdict: Verdict) -> None:
    """Add a line to a file of verdicts."""
    line = {"job": dataclasses.asdict(job), "verdict": dataclasses.asdict(verdict)}
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


def kept(path: Path | None) -> dict[Job, Verdict]:
    """The verdicts of a file; none where there is none."""
    if path is None or not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return {Job(**line["job"]): _verdict(line["verdict"]) for line in lines}


def _verdict(members: dict[str, Any]) -> Verdict:
    # JSON has no tuples.
    lists = {name: tuple(value) for name, value in members.items() if isinstance(value, list)}
    return Verdict(**{**members, **lists})


def _made(the_world: World, job: Job) -> stream.Stream | quiet.Quiet:
    if job.scenario in GROUPS["quiet"]:
        creep = job.scenario == CREEP
        rows = job.rows_an_hour or (_CREEP_ROWS if creep else QUIET[job.scenario])
        days = job.days or 60
        return quiet.make(the_world, job.seed, rows_an_hour=rows, days=days, creep=creep)
    slow = any(word in job.scenario for word in _SLOW)
    return stream.make(
        the_world,
        job.scenario,
        job.severity,
        job.seed,
        rows_an_hour=job.rows_an_hour or (_SLOW_ROWS if slow else 200.0),
        days=job.days or (_SLOW_DAYS if slow else 60),
        ramp_days=job.ramp_days,
    )
