"""What is said of traffic."""

import json
import shlex
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from markupsafe import Markup

from monitor.page.facts import PAUSES, Facts
from monitor.page.figures import Check
from monitor.page.filters import NO_KEY
from monitor.page.sections.drawing import silences
from monitor.page.window import HOUR, floor
from monitor.page.words import count, day, listed, seconds, some, when

# A pause is worth a look when it is twice as long as the longest of the last four weeks, and two
# hours: twice, for a week has quieter hours than the one before.
QUIET_TIMES, QUIET_LEAST = 2, timedelta(hours=2)


def named(caller: str) -> str:
    """A caller as people read it."""
    return caller or NO_KEY


def pause(facts: Facts) -> tuple[timedelta, timedelta] | None:
    """How long nothing has come, and the longest pause of the four weeks before.

    None where two weeks of traffic are not there yet: nothing is usual then.
    """
    hours = facts.busy_hours
    if not hours or facts.window.end - hours[0] < PAUSES / 2:
        return None
    gaps = [after - before - HOUR for before, after in pairwise(hours)]
    now = floor(facts.window.end, "hour") - hours[-1] - HOUR
    return max(now, timedelta(0)), max(gaps, default=timedelta(0))


def check(facts: Facts) -> Check:
    """Whether predictions go on as they did."""
    if not any(choice.predictions for choice in facts.choices):
        return Check("traffic", "Traffic", "wait", "No prediction has been made yet.")
    quiet = pause(facts)
    if quiet and quiet[0] > max(QUIET_LEAST, QUIET_TIMES * quiet[1]):
        since = facts.busy_hours[-1] + HOUR
        headline = f"no prediction since {when(since)}"
        text = (
            f"None since {when(since)}; the longest pause of the four weeks before was"
            f" {seconds(quiet[1].total_seconds()) if quiet[1] else 'under an hour'}."
        )
        return Check("traffic", "Traffic", "act", text, headline)
    if not facts.total:
        return Check("traffic", "Traffic", "wait", f"None from {span(facts)} by these filters.")
    text = f"{some('prediction', facts.total)} from {span(facts)}."
    return Check("traffic", "Traffic", "ok", text)


def span(facts: Facts) -> str:
    """The time that is shown."""
    year = facts.window.start.year != facts.window.end.year
    return f"{day(facts.window.start, year=year)} to {day(facts.window.end, year=year)}"


def nothing(facts: Facts) -> tuple[str | Markup, str | Markup]:
    """What stands in the place of no prediction."""
    if not facts.choices and facts.window.past:
        now = Markup('<a href="{}">The page as of now</a>').format(facts.filters.at(None).page())
        return f"No prediction had been made by {when(facts.window.end)}.", now
    if not facts.choices:
        return "No prediction has been made yet, so nothing can be shown.", _first(facts)
    last = max(choice.last for choice in facts.choices)
    address = facts.filters.at(datetime.combine(last, time(), UTC) + timedelta(days=1))
    before = Markup('The last one of all was on {}. <a href="{}">The page as of then</a>').format(
        day(last, year=True), address.page()
    )
    return f"No prediction from {span(facts)} by these filters.", before


def _first(facts: Facts) -> Markup:
    """How to send the first, with the example of the declaration where it is known."""
    if facts.version is None or facts.version.declaration is None:
        return Markup(
            "Send the first: <code>http://127.0.0.1:8000/docs</code>, the api's own page, has an"
            " example to try. It is here within seconds."
        )
    example = shlex.quote(json.dumps(facts.version.declaration.example))
    return Markup(
        "Send the first: <code>curl http://127.0.0.1:8000/predict -H 'Content-Type:"
        " application/json' -d {}</code> It is here within seconds."
    ).format(example)


def lead(facts: Facts, totals: list[int]) -> tuple[str, ...]:
    """The sentences above the charts; `totals` of each step."""
    window = facts.window
    last = len(totals) - (2 if window.unfinished and len(totals) > 1 else 1)
    callers = [named(caller) for caller in facts.counts.callers]
    said = [
        f"{some('prediction', totals[last])} {_on(facts, last)}, the last whole {window.step};"
        f" {count(facts.total)} from {span(facts)}, by {listed(callers)}."
    ]
    gaps = silences(totals)
    if gaps:
        said.append(_gaps(facts, gaps))
    if refused := sum(facts.refusals.by_step):
        only = sum(facts.refusals.suppressed)
        said.append(
            f"{some('request', refused)} {'was' if refused == 1 else 'were'} refused"
            + (
                f", {count(only)} of them only counted and not kept with their rules."
                if only
                else "."
            )
        )
    return (" ".join(said),)


def _on(facts: Facts, at: int) -> str:
    start = facts.window.steps[at]
    if facts.window.step == "hour":
        return f"in the hour from {start:%a} {day(start)}, {start:%H:%M}"
    if facts.window.step == "week":
        return f"in the week of {day(start)}"
    return f"on {start:%a} {day(start)}"


def _gaps(facts: Facts, gaps: list[tuple[int, int]]) -> str:
    missing = sum(end - start for start, end in gaps)
    if missing == 1:
        return f"None {_on(facts, gaps[0][0])}: there the lines break."
    first, end = max(gaps, key=lambda gap: gap[1] - gap[0])
    steps = facts.window.steps
    return (
        f"{some(facts.window.step, missing)} had none, the longest time without from"
        f" {when(steps[first])} to {when(steps[end])}: there the lines break."
    )
