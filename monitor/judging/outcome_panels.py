"""The pictures and tables of the section of outcomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from monitor.judging.axis import TimeAxis
from monitor.judging.cohort import Cohort
from monitor.judging.maturity import Maturity, maturity
from monitor.judging.outcome_words import delay
from monitor.judging.ticks import rounded_up
from monitor.page.charts import Plot
from monitor.page.figures import Cell, Column, Figure, Table
from monitor.page.words import count, iso, share

_STATES: tuple[tuple[str, str, str], ...] = (
    ("due_known", "fill", "due and known"),
    ("undated_known", "fill", "known, no due time declared"),
    ("overdue", "fill-ink", "overdue: due, not known"),
    ("early", "fill-soft", "known before due"),
    ("set_aside", "fill-ref", "taken back, contested, or never to be known"),
    ("open", "pending", "not due, not known"),
    ("undated_open", "pending", "not known, no due time declared"),
)
"""From the axis up: key, class of the area, and what the key says."""


@dataclass(frozen=True, slots=True)
class Key:
    """What an area of a chart means."""

    cls: str
    label: str


@dataclass(frozen=True, slots=True)
class CohortChart:
    """Predictions by cohort and what is known of them, with its key and table."""

    figure: Figure
    keys: tuple[Key, ...]
    table: Table


def cohort_chart(cohorts: Sequence[Cohort], step: str, as_of: datetime) -> CohortChart:
    """Of at least one cohort; a cohort without predictions is a gap."""
    parts = [_parts(maturity(cohort.counts, as_of)) for cohort in cohorts]
    used = [state for state in _STATES if any(part[state[0]] for part in parts)]
    keys = dict.fromkeys(Key(cls, label) for _, cls, label in used)
    figure = Figure(
        f"Predictions by {step}, and what is known of them", "", _bars(cohorts, parts, step)
    )
    return CohortChart(figure, tuple(keys), _table(cohorts, parts, step))


def _parts(of: Maturity) -> dict[str, int]:
    """The predictions, parted by the states of `_STATES`."""
    return {
        "due_known": of.due.known,
        "undated_known": of.undated.known,
        "overdue": of.overdue,
        "early": of.waiting.known,
        "set_aside": of.set_aside.predictions,
        "open": of.waiting.unknown,
        "undated_open": of.undated.unknown,
    }


def _bars(cohorts: Sequence[Cohort], parts: Sequence[Mapping[str, int]], step: str) -> Markup:
    axis = TimeAxis(cohorts[0].start, cohorts[-1].end)
    most = rounded_up(max(sum(part.values()) for part in parts))
    plot = Plot(axis.span, (0, most), 176, _label(parts, step))
    plot.yticks([0, most], lambda value: f"{count(value)} a {step}")
    for cohort, part in zip(cohorts, parts, strict=True):
        left, right = axis.x(cohort.start), axis.x(cohort.end)
        edge, foot = (right - left) / 10, 0
        for key, cls, _ in _STATES:
            if part[key]:
                plot.rect(left + edge, right - edge, foot, foot + part[key], cls)
                foot += part[key]
    return plot.xticks(axis.ticks()).svg()


def _label(parts: Sequence[Mapping[str, int]], step: str) -> str:
    total = {key: sum(part[key] for part in parts) for key, _, _ in _STATES}
    said = ", ".join(f"{count(total[key])} {label}" for key, _, label in _STATES if total[key])
    return f"Predictions by {step} and what is known of their outcome: {said}"


def _table(cohorts: Sequence[Cohort], parts: Sequence[Mapping[str, int]], step: str) -> Table:
    columns = (
        Column("from", f"{step.capitalize()} from"),
        Column("predictions", "Predictions", count),
        *(Column(key, label.capitalize(), count) for key, _, label in _STATES),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (start_of(cohort.start, step), sum(part.values()), *part.values())
        for cohort, part in zip(cohorts, parts, strict=True)
    )
    return Table("outcomes", f"What is known of each {step}", columns, rows)


def start_of(start: datetime, step: str) -> str:
    """How a table names a cohort."""
    return iso(start) if step == "hour" else f"{start:%Y-%m-%d}"


def caller_table(callers: Mapping[str, Maturity]) -> Table:
    """What is due and known of each caller."""
    columns = (
        Column("caller", "Caller"),
        Column("predictions", "Predictions", count),
        Column("due", "Due", count),
        Column("known", "Known of these", count),
        Column("coverage", "Coverage", share),
        Column("overdue", "Overdue", count),
        Column("contested", "Contested", count),
        Column("unobservable", "Never to be known", count),
        Column("retracted", "Taken back", count),
        Column("delay_median", "Delay, median"),
        Column("delay_p95", "95th percentile"),
    )
    return Table(
        "outcomes-by-caller",
        "Outcomes by caller. Coverage: known of those due that can be known.",
        columns,
        tuple((caller or "(no key)", *_caller(of)) for caller, of in callers.items()),
        nothing="none due",
    )


def _caller(of: Maturity) -> tuple[Cell, ...]:
    aside = of.set_aside
    return (
        of.predictions,
        of.due.predictions,
        of.judged,
        of.coverage,
        of.overdue,
        aside.contested,
        aside.unobservable,
        aside.retracted,
        delay(of.median) if of.median else "none known",
        delay(of.late) if of.late else "none known",
    )
