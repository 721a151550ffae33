"""A year of weekly looks in which nothing changes, and nothing better than the champion exists."""

import numpy as np

from benchmarks.retraining.candidates import Challengers, Rows
from benchmarks.retraining.deciding import AS_OF, CASES_PER_DAY, served_by
from benchmarks.retraining.scenarios import BEFORE
from benchmarks.retraining.world import Generator
from retraining.case_facts import Maturity, Trigger
from retraining.ladder.deciding import decide
from retraining.ladder.estimating import estimate
from retraining.ladder.spending import share
from retraining.policy import Policy

WEEKS = 52
_DELAY_WEEKS = 4
_GENERATION_WEEKS = 12

FREE = {
    "brier": "[costs]\nleast_gain = 0",
    "money": '[errors]\nunit = "EUR"\nfalse_negative = 5000\nfalse_positive = 500\n'
    "[costs]\nleast_gain = 0",
}
"""Policies by which a change costs nothing, so that the least gain by chance would pay."""


def promoted(
    policy: Policy, seed: int, *, cases_per_week: int = 150, alpha: float | None = None
) -> int | None:
    """The week in which anything but nothing was first proposed; None where that never was.

    The champion is the truth. Every twelve weeks challengers are fitted on all that is due, and
    then judged each week on what has fallen due since, with a share of alpha of their own; a tenth
    of the cases have two rows. alpha: of each set instead of its share, for a test that must fail.
    """
    generator = np.random.default_rng(seed)
    rows = _rows(generator, WEEKS * cases_per_week)
    ends = np.searchsorted(rows.cases, np.arange(WEEKS + 1) * cases_per_week)
    served = served_by(policy)
    for week in range(_GENERATION_WEEKS + _DELAY_WEEKS + 1, WEEKS + _DELAY_WEEKS + 1):
        due = week - _DELAY_WEEKS
        k, since = divmod(due - 1, _GENERATION_WEEKS)
        if not since:
            start = ends[k * _GENERATION_WEEKS]
            challengers = Challengers.fit(BEFORE.margins, served, rows[:start], policy)
        evaluation = rows[start : ends[due]]
        options = estimate(
            evaluation.judged(BEFORE.margins),
            served,
            challengers.answer(evaluation.x),
            policy,
            alpha=share(policy.evidence.alpha, k) if alpha is None else alpha,
            cases_per_day=CASES_PER_DAY,
        )
        known = due * cases_per_week
        maturity = Maturity(known, known, int(rows.labels[: ends[due]].sum()), 0, 0, None)
        trigger = Trigger("manual", None)
        if decide(trigger, maturity, options, policy, as_of=AS_OF).rung not in {None, "nothing"}:
            return week
    return None


def _rows(generator: Generator, cases: int) -> Rows:
    """Cases in their order, every tenth with a second row that is nearly the first."""
    x, labels = BEFORE.draw(generator, cases)
    times = np.where(np.arange(cases) % 10 == 0, 2, 1)
    numbers = np.repeat(np.arange(cases), times)
    return Rows(x[numbers], labels[numbers], numbers)
