"""What the section of outcomes says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from monitor.judging.maturity import Delay, Maturity
from monitor.judging.phrases import BAD_NEWS_FIRST, LOW_COVERAGE, UNDATED, on, part
from monitor.page.figures import Check
from monitor.page.words import count, some

HOW = "Report them by POST /outcomes or outcomes load FILE. They may come early and in any order."


@dataclass(frozen=True, slots=True)
class OutcomeFacts:
    """What is known of the predictions that are shown, as of a time."""

    as_of: datetime
    all: Maturity
    callers: Mapping[str, Maturity]
    next_due: date | None
    replayed: bool = False
    retired: int = 0


def waits(facts: OutcomeFacts) -> tuple[str, str] | None:
    """While there is nothing to draw: why, and what to do."""
    every = facts.all
    if not every.predictions:
        return "No predictions in the time shown, so that no outcome is due, and none missing.", ""
    told = every.due.predictions or every.waiting.known or every.undated.known
    if told or every.set_aside.predictions:
        return None
    if facts.next_due:
        due = on(facts.next_due, facts.as_of)
        return f"None received, and none is missing: nothing is due before {due}.", HOW
    return (
        "None received, and none is missing: no time is declared by which outcomes are due.",
        f"Declare outcome_due, or send X-Outcome-Due. {HOW}",
    )


def sentences(facts: OutcomeFacts) -> tuple[str, ...]:
    """What is to be said where there is something to draw, in order."""
    every = facts.all
    said = [
        _due(facts),
        _waiting(facts),
        UNDATED if every.undated.predictions else "",
        _low(every),
        _aside(every),
        _delay(every),
        "Business time alone decides here: what was observed by then counts, whenever it came."
        if facts.replayed
        else "",
        f"Of {some('prediction', facts.retired)} the rows are gone; this answer is without them."
        if facts.retired
        else "",
    ]
    return tuple(filter(None, said))


def check(facts: OutcomeFacts) -> Check:
    """The line of the list at the top."""
    every = facts.all
    if (coverage := every.coverage) is not None:
        few = coverage < LOW_COVERAGE
        text = f"{'Only ' if few else ''}{part(coverage)} of those due are here."
        if coverage == 1:
            text = "All of those due are here."
        return Check("outcomes", "Outcomes", "ask" if few else "ok", text)
    if every.undated.predictions:
        text = f"{some('outcome', every.undated.known)} received; no time is declared for them."
    elif facts.next_due:
        text = f"Not judged yet. First due on {on(facts.next_due, facts.as_of)}."
    else:
        text = "Not judged yet. None is due."
    return Check("outcomes", "Outcomes", "wait", text)


def _due(facts: OutcomeFacts) -> str:
    every = facts.all
    if not every.due.predictions:
        return ""
    if every.coverage is None:
        return f"Of {some('outcome', every.due.predictions)} due none can be known."
    if every.coverage == 1:
        return f"{_all(every.expected)} due {'is' if every.expected == 1 else 'are'} known."
    text = f"Of {some('outcome', every.expected)} due, {part(every.coverage)} are known"
    if not every.overdue:
        return f"{text}; none is overdue."
    verb = "is" if every.overdue == 1 else "are"
    return f"{text}; {count(every.overdue)} {verb} overdue{_blame(facts)}."


def _all(many: int) -> str:
    return "The only outcome" if many == 1 else f"All {count(many)} outcomes"


def _blame(facts: OutcomeFacts) -> str:
    """The caller whose predictions more than half of the overdue ones are of."""
    late = {name: part.overdue for name, part in facts.callers.items() if part.overdue}
    most = max(late, key=lambda name: late[name])
    if len(facts.callers) == 1 or 2 * late[most] <= facts.all.overdue:
        return ""
    who = most or "callers without a key"
    return f", all of them from {who}" if len(late) == 1 else f", more than half of them from {who}"


def _waiting(facts: OutcomeFacts) -> str:
    waiting, next_due = facts.all.waiting, facts.next_due
    if not next_due:
        return "" if facts.all.undated.predictions else "All are due."
    due = on(next_due, facts.as_of)
    text = f"Nothing is due before {due}."
    if facts.all.due.predictions:
        more = count(waiting.predictions)
        verb = "is" if waiting.predictions == 1 else "are"
        text = f"{more} more {verb} not due yet, the next on {due}."
    if waiting.known:
        text += f" Early word has come of {count(waiting.known)}; no rate can be made of it, since"
        text += f" {BAD_NEWS_FIRST}."
    return text


def _low(every: Maturity) -> str:
    if every.coverage is None or every.coverage >= LOW_COVERAGE:
        return ""
    return "So few are known that those which are missing may well have ended otherwise."


def _aside(every: Maturity) -> str:
    aside = every.set_aside
    said = [
        f"{count(aside.contested)} {_be(aside.contested)} contested: reports contradict each other"
        if aside.contested
        else "",
        f"{count(aside.unobservable)} can never be known" if aside.unobservable else "",
        f"{count(aside.retracted)} {_be(aside.retracted)} taken back" if aside.retracted else "",
    ]
    found = "; ".join(filter(None, said))
    return f"{found}. They count neither as good nor as bad." if found else ""


def _be(many: int) -> str:
    return "is" if many == 1 else "are"


def _delay(every: Maturity) -> str:
    if not every.median or not every.late:
        return ""
    return f"The median delay is {delay(every.median)}, the 95th percentile {delay(every.late)}."


def delay(of: Delay) -> str:
    """21 to 30 days: between these it lies."""
    if of.high is None:
        return f"more than {count(of.low)} days"
    if not of.low:
        return "less than a day"
    return f"{count(of.low)} to {count(of.high)} days"
