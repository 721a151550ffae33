"""`python -m benchmarks.diagnosis`: how well the diagnosis finds and names what is known.

The result goes to benchmarks/results/ as JSON, with every verdict. GMSC_CSV names the real rows.
Seeds from 10,000 on are for the final figures: nothing is to be tuned on them.
"""

import argparse
import dataclasses
import functools
import multiprocessing
import sys
from pathlib import Path

from benchmarks import report
from benchmarks.diagnosis.contenders import CONTENDERS
from benchmarks.diagnosis.jobs import GROUPS, Job, jobs, keep, kept, run
from benchmarks.diagnosis.judging import RULES, Verdict
from benchmarks.diagnosis.rivals import MAPPING, RIVALS
from benchmarks.diagnosis.table import costs, table
from benchmarks.diagnosis.world import world


def main() -> int:
    """Run the command line; the exit code."""
    given = _arguments()
    the_world = world(given.cache)
    seeds = range(given.first_seed, given.first_seed + given.runs)
    sizes = {name: getattr(given, name) for name in ("rows_an_hour", "days", "ramp_days")}
    asked = list(jobs(given.contenders, given.scenarios, given.severities, seeds, **sizes))
    known = kept(given.verdicts)
    verdicts = {job: known[job] for job in asked if job in known}
    # One process for each few streams, so that the peak of its memory is theirs.
    with multiprocessing.get_context("fork").Pool(given.processes, maxtasksperchild=4) as pool:
        missing = [job for job in asked if job not in known]
        for job, verdict in pool.imap_unordered(functools.partial(run, the_world), missing):
            verdicts[job] = verdict
            if given.verdicts is not None:
                keep(given.verdicts, job, verdict)
            if given.each:
                _say(job, verdict)
    rows = "people of the built-in sample" if the_world.is_sample else "real people"
    _tell({job: verdicts[job] for job in asked}, rows)
    return 0


def _tell(verdicts: dict[Job, Verdict], rows: str) -> None:
    contenders = list(dict.fromkeys(job.contender for job in verdicts))
    if RIVALS & set(contenders):
        sys.stdout.write(f"\nHow the rivals' alarms were taken, fixed before the run:\n{MAPPING}")
    sys.stdout.write(f"\nHow names are counted:\n{RULES}")
    for contender in contenders:
        own = [verdict for job, verdict in verdicts.items() if job.contender == contender]
        sys.stdout.write(f"\n## {contender}, {rows}\n\n{table(own)}\n\n{costs(own)}\n")
    found = [{**dataclasses.asdict(job), **dataclasses.asdict(v)} for job, v in verdicts.items()]
    sys.stdout.write(f"\nresult: {report.write('diagnosis', {'verdicts': found})}\n")


def _say(job: Job, verdict: Verdict) -> None:
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
    known = [*GROUPS, *(name for names in GROUPS.values() for name in names)]
    parser.add_argument("--contenders", nargs="+", choices=list(CONTENDERS), default=["ours"])
    parser.add_argument(
        "--scenarios", nargs="+", choices=known, default=list(GROUPS), metavar="S",
        help=f"of {', '.join(known)}; default: {' '.join(GROUPS)}",
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
    parser.add_argument(
        "--verdicts", type=Path,
        help="JSON lines that verdicts are added to; those that are in it are not run again",
    )  # fmt: skip
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
