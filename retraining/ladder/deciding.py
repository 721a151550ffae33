"""What is to be done: the first rule that matches, and the lowest rung that pays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from retraining.case_facts import Maturity, Trigger
from retraining.ladder import reasons
from retraining.ladder.looks import Looks
from retraining.ladder.option import Option, Proposal, Verdict
from retraining.ladder.standing import Standing
from retraining.policy import Policy

_VERDICTS: dict[str, Verdict] = {
    "threshold": "threshold",
    "intercept": "recalibrate",
    "slope": "recalibrate",
    "refit": "refit",
}


@dataclass(frozen=True, slots=True)
class _Facts:
    trigger: Trigger
    maturity: Maturity
    options: Sequence[Option]
    policy: Policy
    looks: Looks
    standing: Standing | None


def decide(
    trigger: Trigger,
    maturity: Maturity,
    options: Sequence[Option],
    policy: Policy,
    *,
    as_of: datetime,
    cases_per_day: float | None = None,
    standing: Standing | None = None,
) -> Proposal:
    """The proposal: options come from `estimate`, or are none where there was nothing to estimate.

    cases_per_day: how many fall due, for the date of the next look; None where it is not known.
    standing: for `redesign`; None where the held-out rows do not tell.
    """
    looks = Looks(as_of, maturity.next_due, policy.evidence.look_days, cases_per_day)
    facts = _Facts(trigger, maturity, options, policy, looks, standing)
    return _first(_BEFORE, facts) or _first(_AMONG, facts) or _settled(facts)


def ruled_out(
    trigger: Trigger,
    maturity: Maturity,
    policy: Policy,
    *,
    as_of: datetime,
    cases_per_day: float | None = None,
) -> Proposal | None:
    """As `decide`, where no option could change it; None where the options are to be estimated."""
    looks = Looks(as_of, maturity.next_due, policy.evidence.look_days, cases_per_day)
    return _first(_BEFORE, _Facts(trigger, maturity, (), policy, looks, None))


def _broken(facts: _Facts) -> Proposal | None:
    if facts.trigger.action != "fix_pipeline":
        return None
    return Proposal("fix_pipeline", None, reasons.of_fault(facts.trigger), None, None)


def _unexplained(facts: _Facts) -> Proposal | None:
    reason = reasons.of_waiting_for_the_diagnosis(facts.trigger)
    if reason is None:
        return None
    return Proposal("wait", None, reason, facts.looks.soon(), None)


def _immature(facts: _Facts) -> Proposal | None:
    maturity, evidence = facts.maturity, facts.policy.evidence
    coverage = maturity.coverage
    if coverage is None or coverage < evidence.minimum_coverage:
        reason = reasons.of_coverage(maturity, evidence.minimum_coverage)
        return Proposal("wait", None, reason, facts.looks.soon(), None)
    lacking = evidence.minimum_bads - maturity.bads
    if lacking <= 0:
        return None
    more = -(-lacking * maturity.known // maturity.bads) if maturity.bads else None
    reason = reasons.of_bads(maturity, evidence.minimum_bads, more)
    return Proposal("wait", None, reason, facts.looks.after(more), more)


def _without_options(facts: _Facts) -> Proposal | None:
    if len(facts.options) > 1:
        return None
    return Proposal("wait", None, reasons.OF_NO_OPTION, facts.looks.soon(), None)


def _paying(facts: _Facts) -> Proposal | None:
    paying = [option for option in facts.options if option.pays]
    if not paying:
        return None
    chosen = paying[0]
    for higher in paying[1:]:
        if _beats(higher, chosen):
            chosen = higher
    reason = reasons.of_choice(chosen, facts.options, facts.policy)
    return Proposal(_VERDICTS[chosen.rung], chosen.rung, reason, None, None)


def _beats(higher: Option, lower: Option) -> bool:
    """Whether it wins more than it costs more, surely."""
    won = next(beyond.benefit for beyond in higher.beyond if beyond.rung == lower.rung)
    return won.lower > higher.cost - lower.cost


def _undecided(facts: _Facts) -> Proposal | None:
    undecided = [o for o in facts.options if o.benefit.lower <= o.cost < o.benefit.upper]
    if not undecided:
        return None
    # One that seems to pay is enough; that none does is known when the last is decided.
    hopeful = [o.needs for o in undecided if o.needs and o.benefit.estimate > o.cost]
    others = [o.needs for o in undecided if o.needs]
    more = min(hopeful) if hopeful else max(others, default=None)
    reason = reasons.of_doubt(undecided, facts.policy, more)
    return Proposal("wait", None, reason, facts.looks.after(more), more)


def _beyond_the_ladder(facts: _Facts) -> Proposal | None:
    forbidden = [o for o in facts.options if o.benefit.lower > o.cost and o.rung != "nothing"]
    if forbidden:
        return Proposal("redesign", None, reasons.of_forbidden(forbidden), None, None)
    standing = facts.standing
    if standing is None or standing.now <= standing.then + facts.policy.margins.redesign:
        return None
    return Proposal("redesign", None, reasons.of_standing(standing, facts.options), None, None)


def _settled(facts: _Facts) -> Proposal:
    return Proposal(
        "nothing", "nothing", reasons.of_nothing(facts.options, facts.policy), None, None
    )


_Rules = tuple[Callable[[_Facts], Proposal | None], ...]
_BEFORE: _Rules = (_broken, _unexplained, _immature)
"""Whatever the options are."""
_AMONG: _Rules = (_without_options, _paying, _undecided, _beyond_the_ladder)


def _first(rules: _Rules, facts: _Facts) -> Proposal | None:
    return next((found for rule in rules if (found := rule(facts)) is not None), None)
