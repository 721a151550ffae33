"""What the section of performance says."""

from monitor.judging.answer import Unsaid
from monitor.judging.discrimination import Auc
from monitor.judging.held_out import HeldOut
from monitor.judging.interval import Interval
from monitor.judging.performance import Performance
from monitor.judging.performance_facts import PerformanceFacts
from monitor.judging.phrases import (
    BAD_NEWS_FIRST,
    LOW_COVERAGE,
    UNDATED,
    between,
    cohort_of,
    on,
    part,
    unsaid,
)
from monitor.page.figures import Check
from monitor.page.words import count, number

_SMALL = 0.005
"""What bins may hide of an AUC without a word."""


def waits(facts: PerformanceFacts) -> tuple[str, str] | None:
    """While no cohort is wholly due: why, and from when on; with what training said."""
    if facts.whole is not None:
        return None
    if not facts.cohorts:
        return "No predictions in the time shown, so that there is nothing to judge.", ""
    if facts.next_due and not facts.some_due:
        text = f"Nothing is due before {on(facts.next_due, facts.as_of)}."
    else:
        text = f"No {facts.step} is over and wholly due."
    if facts.judged_from:
        start, moment = facts.judged_from
        name = cohort_of(start, facts.step, facts.as_of)
        text += f" The first {facts.step} that can be judged, {name}, is wholly due"
        text += f" from {on(moment, facts.as_of)} on."
    return text, _forecast(facts.held_out)


def sentences(facts: PerformanceFacts) -> tuple[str, ...]:
    """What is to be said of cohorts that are due, in order."""
    if facts.whole is None:
        return ()
    said = [_last(facts), _together(facts)]
    if isinstance(facts.whole, Performance):
        said += [_order(facts), _error(facts.whole), _low(facts.whole)]
    said.append(UNDATED if facts.undated else "")
    return tuple(filter(None, said))


def note(facts: PerformanceFacts) -> str:
    """The one place where the share among what is known so far is told, and what it is not."""
    bad, known = facts.naive
    if not known or not facts.judged_from:
        return ""
    start, _ = facts.judged_from
    return (
        f"Cases are left out until they are due; from {on(start, facts.as_of)} on some are not."
        f" Of the {count(known)} of these that are known so far {part(bad / known)} are bad: that"
        f" is no rate, since {BAD_NEWS_FIRST}."
    )


def check(facts: PerformanceFacts) -> Check:
    """The line of the list at the top."""
    if facts.whole is None:
        box = waits(facts)
        assert box
        text = box[0].split(". ")[0].removesuffix(".")
        return Check("performance", "Performance", "wait", f"Not judged yet. {text}.")
    if isinstance(facts.whole, Unsaid):
        return Check("performance", "Performance", "wait", "Not judged: no outcome is known.")
    ratio = facts.whole.ratio
    if isinstance(ratio, Unsaid):
        return Check("performance", "Performance", "ask", unsaid("It", ratio))
    coverage = facts.whole.coverage
    few = coverage is not None and coverage < LOW_COVERAGE
    text = f"Bad outcomes over those expected: {number(ratio.value)}"
    text += f", as far as they are known ({part(coverage)})." if few and coverage else "."
    return Check("performance", "Performance", "ask" if few else "shown", text)


def _last(facts: PerformanceFacts) -> str:
    last = facts.due[-1]
    name = cohort_of(last.start, facts.step, facts.as_of)
    text = f"The last wholly due {facts.step} is {name}."
    if isinstance(last.performance, Unsaid):
        return f"{text} None of its outcomes is known, so that nothing can be said of it."
    ratio = last.performance.ratio
    if isinstance(ratio, Unsaid):
        return f"{text} {unsaid('Observed over expected', ratio)}"
    return f"{text} There {_ratio(last.performance, ratio)}"


def _ratio(of: Performance, ratio: Interval) -> str:
    bad, expected = count(of.bad), number(of.expected)
    if ratio.low > 1:
        said = f"{number(ratio.value)} times as many went bad as expected: {bad}, not {expected}"
    elif ratio.high < 1:
        said = f"fewer went bad than expected: {bad}, not {expected}"
    else:
        said = f"{bad} went bad and {expected} were expected, which chance can explain"
    return f"{said}. Observed over expected is {number(ratio.value)} ({between(ratio)})."


def _together(facts: PerformanceFacts) -> str:
    if len(facts.due) < 2 or not isinstance(facts.whole, Performance):
        return ""
    if isinstance(facts.whole.ratio, Unsaid):
        return ""
    return (
        f"In all {count(len(facts.due))} wholly due {facts.step}s together"
        f" {_ratio(facts.whole, facts.whole.ratio)}"
    )


def _order(facts: PerformanceFacts) -> str:
    assert isinstance(facts.whole, Performance)
    found = facts.whole.auc
    if isinstance(found, Unsaid):
        return unsaid("The order of scores (AUC)", found)
    text = f"The order of scores (AUC) is {number(found.area.value)} ({between(found.area)})"
    held = facts.held_out
    if held and held.auc is not None:
        text += f"; the held-out part of training says {number(held.auc)}"
    elif facts.versions > 1:
        text += f"; {facts.versions} versions answered: choose one to see what its training says"
    return f"{text}.{_hidden(found)}"


def _hidden(found: Auc) -> str:
    if found.hidden < _SMALL:
        return ""
    return f" Scores are counted in bins, which can hide up to {number(found.hidden, 2)} of it."


def _error(of: Performance) -> str:
    return unsaid("The Brier score", of.brier) if isinstance(of.brier, Unsaid) else ""


def _low(of: Performance) -> str:
    if of.coverage is None or of.coverage >= LOW_COVERAGE:
        return ""
    return (
        f"Only {part(of.coverage)} of the outcomes due there are known. The figures speak of these;"
        " those which are missing may well have ended otherwise."
    )


def _forecast(held: HeldOut | None) -> str:
    if not held or held.auc is None:
        return ""
    text = f"The held-out part of training says AUC {number(held.auc)}"
    if held.binned:
        text += f" ({between(held.binned.area)})"
    return f"{text}. That is a forecast, not a measurement of this traffic."
