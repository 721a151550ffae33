"""Traffic: predictions, by caller, refused requests, and the delay of the log."""

import json
import shlex
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import numpy as np
from markupsafe import Markup

from db.rollup import bins
from monitor.page.cells import Scale
from monitor.page.counts import Floats
from monitor.page.facts import PAUSES, Facts
from monitor.page.figures import Cell, Check, Column, Figure, Group, Section, Table
from monitor.page.filters import NO_KEY
from monitor.page.sections.drawing import (
    counted,
    few,
    highest,
    lined,
    plot_of,
    round_up,
    silences,
    ticked,
)
from monitor.page.window import HOUR, Ints, floor
from monitor.page.words import count, day, listed, number, seconds, some, when

# Small charts of more callers are no longer read; the table has them all.
CALLERS = 12
# A pause is worth a look when it is twice as long as the longest of the last four weeks, and two
# hours: twice, for a week has quieter hours than the one before.
QUIET_TIMES, QUIET_LEAST = 2, timedelta(hours=2)

_DELAYS = Scale(bins.LAGS, ())


def named(caller: str) -> str:
    """A caller as people read it."""
    return caller or NO_KEY


def section(facts: Facts) -> Section:
    """The section."""
    check = _check(facts)
    if not facts.total:
        return Section("Traffic", check, waits=_nothing(facts), groups=(), tables=_refused(facts))
    window = facts.window
    by_caller = window.by_step(facts.counts.by_caller)
    groups = (
        Group(1, (_all(facts, by_caller.sum(axis=0).tolist()),)),
        Group(6, (*_callers(facts, by_caller), _refusals(facts), _delay(facts))),
    )
    return Section(
        "Traffic",
        check,
        lead=_lead(facts, by_caller.sum(axis=0).tolist()),
        groups=groups,
        folds=(_table(facts),),
        tables=_refused(facts),
    )


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


def _check(facts: Facts) -> Check:
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
        return Check("traffic", "Traffic", "wait", f"None from {_span(facts)} by these filters.")
    text = f"{some('prediction', facts.total)} from {_span(facts)}."
    return Check("traffic", "Traffic", "ok", text)


def _span(facts: Facts) -> str:
    year = facts.window.start.year != facts.window.end.year
    return f"{day(facts.window.start, year=year)} to {day(facts.window.end, year=year)}"


def _nothing(facts: Facts) -> tuple[str | Markup, str | Markup]:
    if not facts.choices:
        return "No prediction has been made yet, so nothing can be shown.", _first(facts)
    last = max(choice.last for choice in facts.choices)
    address = facts.filters.at(datetime.combine(last, time(), UTC) + timedelta(days=1))
    before = Markup('The last one of all was on {}. <a href="{}">The page as of then</a>').format(
        day(last, year=True), address.page()
    )
    return f"No prediction from {_span(facts)} by these filters.", before


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


def _lead(facts: Facts, totals: list[int]) -> tuple[str, ...]:
    window = facts.window
    last = len(totals) - (2 if window.unfinished and len(totals) > 1 else 1)
    callers = [named(caller) for caller in facts.counts.callers]
    said = [
        f"{some('prediction', totals[last])} {_on(facts, last)}, the last whole {window.step};"
        f" {count(facts.total)} from {_span(facts)}, by {listed(callers)}."
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


def _all(facts: Facts, totals: list[int]) -> Figure:
    window = facts.window
    top = round_up(max(totals))
    label = (
        f"Predictions by the {window.step}, {_span(facts)}: at most {count(max(totals))},"
        f" {len(silences(totals))} gaps"
    )
    plot = plot_of(window, top, 168, label)
    counted(plot, window, totals, gaps=True)
    ticked(plot, window, top, lambda value: f"{number(value)} {_per(facts)}")
    return Figure(f"Predictions {_per(facts)}", _unfinished(facts), plot.svg())


def _per(facts: Facts) -> str:
    return {"hour": "an hour", "day": "a day", "week": "a week"}[facts.window.step]


def _unfinished(facts: Facts) -> str:
    if not facts.window.unfinished:
        return "UTC"
    return f"UTC; the dot is the {facts.window.step} that is not over"


def _callers(facts: Facts, by_caller: Ints) -> list[Figure]:
    window = facts.window
    order = np.argsort(-by_caller.sum(axis=1), kind="stable")[:CALLERS]
    top = round_up(int(by_caller.max()))
    figures = []
    for at in order.tolist():
        values = by_caller[at].tolist()
        name = named(facts.counts.callers[at])
        plot = plot_of(window, top, 92, f"Predictions from {name}: {count(sum(values))} in all")
        counted(plot, window, values)
        ticked(plot, window, top, number, most=few(window))
        figures.append(Figure(name, f"predictions {_per(facts)}", plot.svg()))
    return figures


def _refusals(facts: Facts) -> Figure:
    window = facts.window
    refused = list(facts.refusals.by_step)
    top = round_up(max(refused))
    plot = plot_of(window, top, 92, f"Refused requests: {count(sum(refused))} in all")
    lined(plot, window, [float(value) for value in refused])
    ticked(plot, window, top, number, most=few(window))
    return Figure("Refused", f"requests {_per(facts)}, all callers", plot.svg())


def delays(facts: Facts) -> Floats:
    """The 95th percentile of the seconds from a score to its storage, by step."""
    return _DELAYS.percentile(facts.window.by_step(facts.counts.lags.T).T, 0.95).values


def _delay(facts: Facts) -> Figure:
    window = facts.window
    values = delays(facts).tolist()
    top = round_up(highest(values))
    plot = plot_of(window, top, 92, f"Delay of the log: at most {seconds(highest(values))}")
    lined(plot, window, values)
    ticked(plot, window, top, seconds, most=few(window))
    return Figure("Delay of the log", "95th percentile, score to storage", plot.svg())


def _table(facts: Facts) -> Table:
    window = facts.window
    by_caller = window.by_step(facts.counts.by_caller)
    columns = [Column("from", f"{window.step.title()} from, UTC"), Column("all", "All", count)]
    columns += [Column(named(caller), named(caller), count) for caller in facts.counts.callers]
    columns += [
        Column("refused_requests", "Refused requests", count),
        Column("refused_not_stored", "of these only counted", count),
        Column("log_delay_p95_seconds", "Delay of the log, 95th percentile, s", number),
    ]
    late = delays(facts).tolist()
    refused = facts.refusals.by_step
    rows: list[tuple[Cell, ...]] = []
    for at, start in enumerate(window.steps):
        own = [value or None for value in by_caller[:, at].tolist()]
        total = sum(filter(None, own)) or None
        rows.append(
            (
                window.name(start),
                total,
                *own,
                refused[at],
                facts.refusals.suppressed[at],
                late[at] if total else None,
            )
        )
    return Table(
        "traffic", "Predictions, refused requests and the log", tuple(columns), tuple(rows), "none"
    )


def _refused(facts: Facts) -> tuple[Table, ...]:
    if not facts.refusals.rules:
        return ()
    columns = (
        Column("rule", "Rule that was broken"),
        Column("field", "Field"),
        Column("times", "Times", count),
    )
    rows = tuple(
        (rule or "unknown", pointer or "not a field of ours", times)
        for rule, pointer, times in facts.refusals.rules
    )
    caption = "Refused requests by rule, the last 7 days; a request may break more than one"
    return (Table("refusals", caption, columns, rows),)
