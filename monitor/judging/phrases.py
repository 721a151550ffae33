"""Parts of sentences that both sections say."""

from datetime import date, datetime

from monitor.judging.answer import Unsaid
from monitor.judging.cohort import Step
from monitor.judging.interval import Interval
from monitor.page.words import count, number, share

LOW_COVERAGE = 0.9
"""Below it figures are only said with a warning."""

BAD_NEWS_FIRST = "bad news arrives first"

UNDATED = (
    "No time is declared by which these outcomes are due. So what is reported counts at once, and"
    " none is overdue; the bad among the reported may be too many, since bad news arrives first."
    " Declare outcome_due, or send X-Outcome-Due."
)


def on(moment: date, as_of: datetime) -> str:
    """4 March, with the year where it is not that of the time shown."""
    text = f"{moment.day} {moment:%B}"
    return text if moment.year == as_of.year else f"{text} {moment.year}"


def cohort_of(start: datetime, step: Step, as_of: datetime) -> str:
    """As in "the last wholly due week is ...": that of 25 May."""
    if step == "month":
        return f"{start:%B} {start.year}"
    if step == "hour":
        return f"that from {on(start, as_of)}, {start:%H:%M} UTC"
    return f"that of {on(start, as_of)}" if step == "week" else on(start, as_of)


def part(value: float) -> str:
    """A share; neither 0 nor all is said of what only comes near it."""
    text = share(value)
    if 0 < value < 1 and text in ("0.0%", "100.0%"):
        return "less than 0.1%" if value < 0.5 else "more than 99.9%"
    return text


def between(interval: Interval) -> str:
    """The interval, for a pair of brackets."""
    return f"95% interval {number(interval.low)} to {number(interval.high)}"


def unsaid(name: str, answer: Unsaid) -> str:
    """Why a figure is missing, as a sentence."""
    if not answer.missing:
        return f"{name} cannot be said: {answer.reason}."
    verb = "is" if answer.missing == 1 else "are"
    return f"{name} cannot be said: {answer.reason}, and {count(answer.missing)} {verb} missing."
