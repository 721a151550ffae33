"""`python -m benchmarks.retraining`: how often the right action is proposed, and a wrong promotion.

The models are logistic regressions of numpy, so that hundreds of cases take minutes. The result
goes to benchmarks/results/ as JSON. Seeds from 10,000 on are for the figures in the docs.
"""

import argparse
import dataclasses
import functools
import multiprocessing
import sys
from collections import Counter

from benchmarks import report
from benchmarks.retraining.deciding import propose
from benchmarks.retraining.scenarios import SCENARIOS
from benchmarks.retraining.year import FREE, promoted
from retraining.ladder.option import Verdict
from retraining.policy import Policy

POLICIES = {
    "brier": "",
    "money": '[errors]\nunit = "EUR"\nfalse_negative = 5000\nfalse_positive = 500\n'
    "[costs]\ncompute = 50\nreview = 500\nchange = 500\nleast_gain = 10",
}


def main() -> int:
    """Run the command line; the exit code."""
    given = _arguments()
    seeds = range(given.first_seed, given.first_seed + given.runs)
    years = range(given.first_seed, given.first_seed + given.years)
    found: dict[str, object] = {}
    with multiprocessing.get_context("fork").Pool(given.processes) as pool:
        for policy in given.policies:
            for name in given.scenarios:
                verdicts = Counter(
                    pool.map(functools.partial(_verdict, policy, name, given.rows), seeds)
                )
                found[f"{policy} {name}"] = _tell(policy, name, verdicts)
            weeks = [w for w in pool.map(functools.partial(_year, policy), years) if w is not None]
            found[f"{policy} years"] = {"years": len(years), "promoted": weeks}
            sys.stdout.write(f"{policy:6} years without change: {len(weeks)} of {len(years)}\n")
    sys.stdout.write(f"\nresult: {report.write('retraining', found)}\n")
    return 0


def _verdict(policy: str, name: str, rows: int | None, seed: int) -> Verdict:
    scenario = SCENARIOS[name]
    if rows is not None:
        scenario = dataclasses.replace(scenario, rows=rows)
    return propose(scenario, Policy.from_toml(POLICIES[policy]), seed).verdict


def _year(policy: str, seed: int) -> int | None:
    return promoted(Policy.from_toml(FREE[policy]), seed)


def _tell(policy: str, name: str, verdicts: Counter[Verdict]) -> dict[str, object]:
    scenario, goes_by = SCENARIOS[name], Policy.from_toml(POLICIES[policy])
    right = sum(n for v, n in verdicts.items() if scenario.is_right(v, goes_by))
    share = right / verdicts.total()
    sys.stdout.write(f"{policy:6} {name:28} right {share:5.0%}  {dict(verdicts.most_common())}\n")
    sys.stdout.flush()
    return {"right": share, "verdicts": dict(verdicts)}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retraining", description=__doc__)
    parser.add_argument("--scenarios", nargs="*", choices=list(SCENARIOS), default=list(SCENARIOS))
    parser.add_argument("--policies", nargs="+", choices=list(POLICIES), default=list(POLICIES))
    parser.add_argument("--rows", type=int, help="due rows of a case; default: by the scenario")
    parser.add_argument("--runs", type=int, default=40, help="cases of each scenario")
    parser.add_argument("--years", type=int, default=300, help="years in which nothing changes")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
