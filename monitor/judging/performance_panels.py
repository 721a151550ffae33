"""The pictures and tables of the section of performance."""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.judging.axis import TimeAxis
from monitor.judging.discrimination import Auc
from monitor.judging.held_out import HeldOut
from monitor.judging.interval import Interval
from monitor.judging.outcome_panels import start_of
from monitor.judging.performance import CohortPerformance, Performance
from monitor.judging.ticks import rounded_up
from monitor.page.charts import Plot
from monitor.page.figures import Cell, Column, Figure, Table
from monitor.page.words import count, number, share

Span = tuple[float, float]
_RATIOS = ((0.8, 1.2), (0.5, 1.5), (0.0, 2.0), (0.0, 4.0))
_AREAS = ((0.8, 1.0), (0.7, 1.0), (0.6, 1.0), (0.5, 1.0), (0.0, 1.0))


def charts(
    cohorts: Sequence[CohortPerformance], step: str, held: HeldOut | None
) -> tuple[Figure, ...]:
    """Observed over expected, AUC and Brier score of each wholly due cohort, of at least one."""
    auc, brier = (held.auc, held.brier) if held else (None, None)
    ratios = [_of(each, "ratio") for each in cohorts]
    areas = [_of(each, "auc") for each in cohorts]
    errors = [_of(each, "brier") for each in cohorts]
    worst = max((found.high for found in errors if found), default=brier or 0.1)
    draw = _Chart(cohorts, step)
    return (
        draw.figure(
            "Observed over expected",
            "1: as many bad as expected",
            ratios,
            _span(ratios, _RATIOS, 1.0),
            1.0,
        ),
        draw.figure("AUC", _said("order of scores", auc), areas, _span(areas, _AREAS, auc), auc),
        draw.figure(
            "Brier score", _said("lower is better", brier), errors, (0, rounded_up(worst)), brier
        ),
    )


def _span(
    values: Sequence[Interval | None], spans: Sequence[Span], reference: float | None
) -> Span:
    """The first span that holds all; the last one may cut what is beyond."""
    told = [value for value in values if value]
    ends = [end for value in told for end in (value.low, value.high)]
    ends += [] if reference is None else [reference]
    for low, high in spans:
        if all(low <= end <= high for end in ends):
            return low, high
    return spans[-1]


def _said(what: str, held: float | None) -> str:
    return what if held is None else f"{what}; held-out part {number(held)}"


def _of(cohort: CohortPerformance, name: str) -> Interval | None:
    found = getattr(cohort.performance, name, None)
    found = found.area if isinstance(found, Auc) else found
    return found if isinstance(found, Interval) else None


@dataclass(frozen=True, slots=True)
class _Chart:
    cohorts: Sequence[CohortPerformance]
    step: str

    def figure(
        self,
        title: str,
        sub: str,
        values: Sequence[Interval | None],
        span: Span,
        reference: float | None,
    ) -> Figure:
        """Dots with intervals; what is not due is hatched, what cannot be said is a gap."""
        told = sum(value is not None for value in values)
        label = f"{title} by {self.step}, with 95% intervals; {told} of {len(values)} can be said"
        times = TimeAxis(self.cohorts[0].start, self.cohorts[-1].end)
        plot = Plot(times.span, span, 132, label)
        ticks = [span[0], (span[0] + span[1]) / 2, span[1]]
        plot.yticks(ticks, number)
        if reference is not None:
            plot.hline(reference, "refline")
        self._pending(plot, times)
        for cohort, value in zip(self.cohorts, values, strict=True):
            if value:
                _interval(plot, times.x(cohort.start + (cohort.end - cohort.start) / 2), value)
        return Figure(title, sub, plot.xticks(times.ticks()).svg())

    def _pending(self, plot: Plot, times: TimeAxis) -> None:
        waiting = [each for each in self.cohorts if not each.is_due]
        for number_, each in enumerate(waiting):
            # One word for all, where there is room for it.
            label = (
                "not due"
                if number_ == len(waiting) // 2 and len(waiting) * 5 > len(self.cohorts)
                else ""
            )
            plot.pending(times.x(each.start), times.x(each.end), label)


def _interval(plot: Plot, x: float, value: Interval) -> None:
    """A dot that need not be in the middle of its line."""
    plot.interval(x, (value.low + value.high) / 2, (value.high - value.low) / 2, r=0)
    plot.interval(x, value.value, 0)


def cohort_table(cohorts: Sequence[CohortPerformance], step: str) -> Table:
    """The figures of each wholly due cohort."""
    columns = (
        Column("from", f"{step.capitalize()} from"),
        Column("judged", "Due, known", count),
        Column("coverage", "Coverage", share),
        Column("bad", "Bad", count),
        Column("expected", "Expected", number),
        *_columns("ratio", "Observed / expected"),
        *_columns("auc", "AUC"),
        Column("auc_hidden", "AUC, hidden by bins", _three),
        *_columns("brier", "Brier score"),
    )
    rows = tuple(
        (start_of(each.start, step), *_cells(each, each.performance))
        for each in cohorts
        if isinstance(each.performance, Performance)
    )
    caption = "Wholly due cohorts only; from and to are the ends of the 95% interval"
    return Table("performance", caption, columns, rows, nothing="cannot be said")


def _columns(key: str, head: str) -> tuple[Column, ...]:
    return (
        Column(key, head, _three),
        Column(f"{key}_low", "from", _three),
        Column(f"{key}_high", "to", _three),
    )


def _three(value: float) -> str:
    return f"{value:.3f}"


def _cells(each: CohortPerformance, of: Performance) -> tuple[Cell, ...]:
    hidden = of.auc.hidden if isinstance(of.auc, Auc) else None
    ratio, auc, brier = (_ends(_of(each, name)) for name in ("ratio", "auc", "brier"))
    return (of.cases, of.coverage, of.bad, of.expected, *ratio, *auc, hidden, *brier)


def _ends(found: Interval | None) -> tuple[Cell, ...]:
    return (found.value, found.low, found.high) if found else (None, None, None)
