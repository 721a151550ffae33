"""`python -m benchmarks.diagnosis`: how well the diagnosis finds and names what is known.

The result goes to benchmarks/results/ as JSON, with every verdict. GMSC_CSV names the real rows.
Seeds from 10,000 on are for the final figures: nothing is to be tuned on them.
"""

import argparse
import dataclasses
import functools
import multiprocessing
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import report
from benchmarks.diagnosis import quiet, stream
from benchmarks.diagnosis.contenders import CONTENDERS, Watch
from benchmarks.diagnosis.judging import Verdict, judge
from benchmarks.diagnosis.mixed import MIXED
from benchmarks.diagnosis.rivals import MAPPING, RIVALS
from benchmarks.diagnosis.scenarios import SINGLE
from benchmarks.diagnosis.table import costs, table
from benchmarks.diagnosis.world import World, world

_QUIET = {"quiet_200": 200.0, "quiet_1000": 1000.0, "quiet_100000": 100_000.0}
_CREEP = "creep"
_CREEP_ROWS = 10_000_000 / (60 * 24)
_GROUPS = {"single": list(SINGLE), "mixed": list(MIXED), "quiet": [*_QUIET, _CREEP]}
# An odds ratio of 1.3 in a segment takes some thousand positives that are due.
_SLOW = ("concept", "calibration", "label_shift", "outcome", "selective", "rejected")
_SLOW_ROWS, _SLOW_DAYS = 1000.0, 70


@dataclasses.dataclass(frozen=True)
class Job:
    """One stream for one contender."""

    contender: str
    scenario: str
    severity: float
    seed: int
    rows_an_hour: float | None
    days: int | None
    ramp_days: float


def run(the_world: World, job: Job) -> Verdict:
    """Make the stream, let the contender look at it, and judge."""
    made = _made(the_world, job)
    watch = Watch()
    contender = CONTENDERS[job.contender]
    happenings = contender(the_world.reference, made.hours, made.evidence, watch)
    verdict = judge(made.truth, job.seed, made.hours, happenings)
    return dataclasses.replace(
        verdict,
        seconds=round(sum(watch.rounds), 3),
        slowest=round(max(watch.rounds, default=0.0), 3),
        peak_mb=watch.peak_mb
        or round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    )


def _made(the_world: World, job: Job) -> stream.Stream | quiet.Quiet:
    if job.scenario in _GROUPS["quiet"]:
        creep = job.scenario == _CREEP
        rows = job.rows_an_hour or (_CREEP_ROWS if creep else _QUIET[job.scenario])
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


def _jobs(given: argparse.Namespace) -> Iterator[Job]:
    names = [name for asked in given.scenarios for name in _GROUPS.get(asked, [asked])]
    for contender in given.contenders:
        for scenario in names:
            # What has its natural size has one severity.
            severities = given.severities if scenario in SINGLE and scenario != "none" else [2.0]
            for severity in severities:
                for seed in range(given.first_seed, given.first_seed + given.runs):
                    sizes = given.rows_an_hour, given.days, given.ramp_days
                    yield Job(contender, scenario, severity, seed, *sizes)


def main() -> int:
    """Run the command line; the exit code."""
    given = _arguments()
    the_world = world(given.cache)
    jobs = list(_jobs(given))
    one = functools.partial(run, the_world)
    verdicts: list[tuple[Job, Verdict]] = []
    context = multiprocessing.get_context("fork")
    # One process for each few streams, so that the peak of its memory is theirs.
    with context.Pool(given.processes, maxtasksperchild=4) as pool:
        for job, verdict in zip(jobs, pool.imap(one, jobs), strict=True):
            verdicts.append((job, verdict))
            if given.each:
                _say_each(job, verdict)
    if RIVALS & set(given.contenders):
        sys.stdout.write(f"\nHow the rivals' alarms were taken, fixed before the run:\n{MAPPING}")
    for contender in given.contenders:
        own = [verdict for job, verdict in verdicts if job.contender == contender]
        rows = "built-in sample" if the_world.is_sample else "real rows"
        sys.stdout.write(f"\n## {contender}, {rows}\n\n{table(own)}\n\n{costs(own)}\n")
    found = [{**dataclasses.asdict(job), **dataclasses.asdict(v)} for job, v in verdicts]
    sys.stdout.write(f"\nresult: {report.write('diagnosis', {'verdicts': found})}\n")
    return 0


def _say_each(job: Job, verdict: Verdict) -> None:
    sys.stdout.write(
        f"{job.contender} {job.scenario} x{job.severity:g} seed {job.seed}: {verdict.named},"
        f" {' / '.join(verdict.said) or 'nothing'}; false pages {verdict.false_pages},"
        f" incidents {verdict.incidents}, after {verdict.delay_hours} h, place {verdict.place},"
        f" action {verdict.actionable}, wrongly {verdict.wrongly or 'never'},"
        f" {verdict.seconds:.1f} s\n"
    )
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis", description=__doc__)
    known = [*_GROUPS, *SINGLE, *MIXED, *_QUIET, _CREEP]
    parser.add_argument("--contenders", nargs="+", choices=list(CONTENDERS), default=["ours"])
    parser.add_argument(
        "--scenarios", nargs="+", choices=known, default=["single", "mixed", "quiet"], metavar="S",
        help=f"of {', '.join(known)}; default: single mixed quiet",
    )  # fmt: skip
    parser.add_argument(
        "--severities", nargs="+", type=float, default=[2.0, 4.0],
        help="of single causes, in multiples of the tolerances",
    )  # fmt: skip
    parser.add_argument("--runs", type=int, default=3, help="seeds of each cell")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rows-an-hour", type=float, help="default: by the scenario")
    parser.add_argument("--days", type=int, help="default: by the scenario")
    parser.add_argument("--ramp-days", type=float, default=0, help="of single causes")
    parser.add_argument("--cache", type=Path, help="where the world is kept")
    parser.add_argument("--each", action="store_true", help="print every verdict")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
