"""Traffic: predictions, by caller, refused requests, and the delay of the log."""

import numpy as np

from db.rollup import bins
from monitor.page.cells import Scale
from monitor.page.counts import Floats
from monitor.page.facts import Facts
from monitor.page.figures import Cell, Column, Figure, Group, Section, Table
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
from monitor.page.sections.traffic_words import check, lead, named, nothing, span
from monitor.page.window import Ints
from monitor.page.words import count, number, seconds

# Small charts of more callers are no longer read; the table has them all.
CALLERS = 12
_DELAYS = Scale(bins.LAGS, ())


def section(facts: Facts) -> Section:
    """The section."""
    found = check(facts)
    if not facts.total:
        return Section("Traffic", found, waits=nothing(facts), groups=(), tables=_refused(facts))
    window = facts.window
    by_caller = window.by_step(facts.counts.by_caller)
    groups = (
        Group(1, (_all(facts, by_caller.sum(axis=0).tolist()),)),
        Group(6, (*_callers(facts, by_caller), _refusals(facts), _delay(facts))),
    )
    return Section(
        "Traffic",
        found,
        lead=lead(facts, by_caller.sum(axis=0).tolist()),
        groups=groups,
        folds=(_table(facts),),
        tables=_refused(facts),
    )


def _all(facts: Facts, totals: list[int]) -> Figure:
    window = facts.window
    top = round_up(max(totals))
    label = (
        f"Predictions by the {window.step}, {span(facts)}: at most {count(max(totals))},"
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
    return (Table("refusals", caption, columns, rows, ranked=True),)
