"""What each rung would win and cost, on rows that neither model has seen.

The bounds hold at every look where the candidates stay what they are while the evaluation part
grows at its end (retraining/ladder/confidence.py): whoever fits new ones spends a new share of
alpha (spending.py). Rows come in the order in which their outcomes were to be judged. In that
order the next difference is judged by what is known from the rows before, and nothing that was
fitted looks back, so that the delay of the outcomes needs no interleaved streams: those are for
forecasts that are made anew between a case and its outcome (Choe and Ramdas, 2110.00115, section
4; 2402.09698 says what averaging over them costs).
"""

from collections.abc import Sequence

from retraining.ladder import segments
from retraining.ladder.answers import Answers, answers_of
from retraining.ladder.comparison import Candidate, Estimation
from retraining.ladder.evaluation import Judged, Served
from retraining.ladder.option import RUNGS, Beyond, Interval, Option, Rung
from retraining.ladder.spending import rungs_of
from retraining.ladder.words import amount, between
from retraining.policy import Policy


def estimate(
    evaluation: Judged,
    served: Served,
    candidates: Sequence[Candidate],
    policy: Policy,
    *,
    alpha: float,
    cases_per_day: float,
    anchor: Answers | None = None,
) -> tuple[Option, ...]:
    """The rungs from the lowest, `nothing` first; alpha is what this set of candidates may spend.

    The anchor is the first model that was approved; None where it is the champion. The chance that
    any lower bound at any look is above the truth is at most alpha; the same holds for the upper
    bounds. Raises ValueError where a rung comes twice, or is none that the policy knows.
    """
    order = sorted(candidates, key=lambda candidate: RUNGS.index(candidate.rung))
    rungs = [candidate.rung for candidate in order]
    known = rungs_of(policy)
    if len(set(rungs)) < len(rungs) or not set(rungs) <= set(known):
        raise ValueError(f"candidates {rungs}: at most one of each of {', '.join(known)}")
    if not len(evaluation):
        raise ValueError("there are no rows to estimate on")
    champion = Candidate(
        "nothing", answers_of(evaluation.margins, served.link, served.threshold), served.link
    )
    horizon = policy.horizon_cases(cases_per_day)
    if not horizon > 0:
        raise ValueError(f"a change has to pay over some cases, not over {horizon}")
    each = alpha / len(known)
    of = Estimation.of(evaluation, champion, order, policy, alpha=each, horizon=horizon)
    options = [
        _option(of, candidate, order[:place], anchor) for place, candidate in enumerate(order)
    ]
    return (_nothing(of), *options)


def _nothing(of: Estimation) -> Option:
    return Option(
        rung="nothing",
        link=of.champion.link,
        threshold=of.champion.answers.threshold,
        loss=float(of.losses["nothing"].mean()),
        benefit=Interval(0.0, 0.0, 0.0),
        cost=0.0,
        flips=0.0,
        segments=(),
        anchored=True,
        pays=False,
        why_not="It changes nothing, wins nothing and costs nothing.",
    )


def _option(
    of: Estimation, candidate: Candidate, lower: Sequence[Candidate], anchor: Answers | None
) -> Option:
    compared = of.compared(of.champion, candidate)
    benefit, flips = compared.benefit, of.flips(candidate)
    cost = _cost(of, candidate.rung, flips)
    changes = segments.changes(
        of.evaluation.segments,
        of.evaluation.labels,
        of.champion.answers.scores,
        candidate.answers.scores,
        of.policy,
    )
    harmed = [change.segment for change in changes if change.harmed]
    anchored = anchor is None or of.is_not_inferior(candidate, anchor)
    why_not = _why_not(benefit, cost, of.policy.unit, harmed, anchored=anchored)
    return Option(
        rung=candidate.rung,
        link=candidate.link,
        threshold=candidate.answers.threshold,
        loss=float(of.losses[candidate.rung].mean()),
        benefit=benefit,
        cost=cost,
        flips=flips,
        segments=changes,
        anchored=anchored,
        pays=why_not is None,
        why_not=why_not,
        needs=compared.needs(cost) if benefit.lower <= cost < benefit.upper else None,
        beyond=tuple(Beyond(low.rung, of.compared(low, candidate).benefit) for low in lower),
    )


def _cost(of: Estimation, rung: Rung, flips: float) -> float:
    costs = of.policy.costs
    once = costs.review + costs.change + (costs.compute if rung == "refit" else 0.0)
    return once + of.horizon * (costs.least_gain + costs.flip * flips)


def _why_not(
    benefit: Interval, cost: float, unit: str, harmed: Sequence[str], *, anchored: bool
) -> str | None:
    won, paid = between(benefit, unit), amount(cost, unit)
    if benefit.upper <= cost:
        return f"It wins {won}, which is less than the {paid} that it costs."
    if benefit.lower <= cost:
        return (
            f"It wins {won}: whether that is more than the {paid} that it costs is not known yet."
        )
    if harmed:
        return f"It wins {won}, but it is worse for {', '.join(harmed)} beyond the margin."
    if not anchored:
        return (
            f"It wins {won}, but it is not sure that it is as good as the first model that was"
            " approved, but for the margin."
        )
    return None
