"""One case of a scenario, from rows to a proposal."""

from datetime import UTC, datetime, timedelta

import numpy as np

from benchmarks.retraining.candidates import Challengers, Rows
from benchmarks.retraining.scenarios import BEFORE, Scenario
from benchmarks.retraining.world import Generator, Model
from contract.sigmoid import sigmoids
from retraining.case_facts import Maturity, Trigger
from retraining.ladder.answers import Answers
from retraining.ladder.deciding import decide
from retraining.ladder.estimating import estimate
from retraining.ladder.evaluation import Link, Served
from retraining.ladder.option import Proposal
from retraining.ladder.spending import share
from retraining.ladder.standing import Standing, share_left
from retraining.policy import Policy

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
CASES_PER_DAY = 200.0
_TRAINING_ROWS = 20_000


def served_by(policy: Policy) -> Served:
    """A link that changes nothing, and the threshold that the costs ask of a calibrated model."""
    if policy.errors is None:
        return Served(Link(), 0.5)
    both = policy.errors.false_positive + policy.errors.false_negative
    return Served(Link(), policy.errors.false_positive / both)


def propose(scenario: Scenario, policy: Policy, seed: int) -> Proposal:
    """What is proposed for a model of before, on rows of a scenario's world."""
    generator = np.random.default_rng(seed)
    model = Model.fit(*BEFORE.draw(generator, _TRAINING_ROWS))
    x, labels = scenario.world.draw(generator, scenario.rows)
    known = _known(scenario, labels, generator)
    due, bads = len(labels), int(labels[known].sum())
    maturity = Maturity(due, int(known.sum()), bads, 0, 0, AS_OF + timedelta(days=1))
    rows = Rows.one_each(scenario.seen(x[known]), labels[known])
    served = served_by(policy)
    half = round(len(rows.labels) * (1 - policy.evidence.evaluation_share))
    fit, evaluation = rows[:half], rows[half:]
    challengers = Challengers.fit(model.margins, served, fit, policy)
    challengers = _with_bug(challengers, scenario)
    judged = evaluation.judged(model.margins)
    options = estimate(
        judged,
        served,
        challengers.answer(evaluation.x),
        policy,
        alpha=share(policy.evidence.alpha, 1),
        cases_per_day=CASES_PER_DAY,
    )
    return decide(
        Trigger("incident" if scenario.incident else "manual", scenario.incident),
        maturity,
        options,
        policy,
        as_of=AS_OF,
        cases_per_day=CASES_PER_DAY,
        standing=_standing(model, served, evaluation, policy, generator),
    )


def _known(scenario: Scenario, labels: np.ndarray, generator: Generator) -> np.ndarray:
    """Which outcomes arrived, (n,)."""
    lacking = round((1 - scenario.coverage) * len(labels))
    of = np.flatnonzero(labels) if scenario.selective else np.arange(len(labels))
    known = np.ones(len(labels), dtype=bool)
    known[generator.permutation(of)[:lacking]] = False
    return known


def _with_bug(challengers: Challengers, scenario: Scenario) -> Challengers:
    """A new model that was fitted on right features and is given wrong ones."""
    refit, wrong = challengers.refit, scenario.refit_sees
    if refit is None:
        return challengers
    return Challengers(
        challengers.champion,
        challengers.served,
        challengers.threshold,
        challengers.links,
        lambda x: refit(wrong(x)),
    )


def _standing(
    model: Model, served: Served, evaluation: Rows, policy: Policy, generator: Generator
) -> Standing | None:
    """By the rows of the evaluation, and by held-out rows of before."""
    held_out = BEFORE.draw(generator, 4_000)
    shares = [
        share_left(Answers(sigmoids(model.margins(x)), served.threshold), labels, policy.errors)
        for x, labels in ((evaluation.x, evaluation.labels), held_out)
    ]
    if shares[0] is None or shares[1] is None:
        return None
    return Standing(shares[0], shares[1])
