"""The two sections of the page that judge what became of the predictions."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.judging import outcome_words, performance_words
from monitor.judging.calibration_panel import Strips, strips
from monitor.judging.cohort import Step, cohorts
from monitor.judging.held_out import HeldOut
from monitor.judging.maturity import by_caller, first_due, maturity
from monitor.judging.outcome_panels import CohortChart, caller_table, cohort_chart
from monitor.judging.outcome_words import OutcomeFacts
from monitor.judging.performance import Performance, calibration, joined
from monitor.judging.performance_facts import performance_facts
from monitor.judging.performance_panels import charts, cohort_table
from monitor.judging.reading import Known
from monitor.judging.vintage import estimate, vintage
from monitor.judging.vintage_panel import Heat, heat
from monitor.page.figures import Check, Figure, Table


@dataclass(frozen=True, slots=True)
class OutcomesSection:
    """What templates/sections/outcomes.html shows. It waits, or there is something to draw."""

    check: Check
    waits: tuple[str, str] | None
    sentences: tuple[str, ...] = ()
    chart: CohortChart | None = None
    callers: Table | None = None
    vintages: Heat | None = None

    @property
    def tables(self) -> tuple[Table, ...]:
        """Those that are given as CSV."""
        found = (
            self.chart and self.chart.table,
            self.callers,
            self.vintages and self.vintages.table,
        )
        return tuple(table for table in found if table)


@dataclass(frozen=True, slots=True)
class PerformanceSection:
    """What templates/sections/performance.html shows."""

    check: Check
    waits: tuple[str, str] | None
    note: str
    sentences: tuple[str, ...] = ()
    charts: tuple[Figure, ...] = ()
    cohorts: Table | None = None
    groups: Strips | None = None

    @property
    def tables(self) -> tuple[Table, ...]:
        """Those that are given as CSV."""
        return tuple(table for table in (self.cohorts, self.groups and self.groups.table) if table)


def outcomes_section(known: Known, step: Step) -> OutcomesSection:
    """From what is known of the predictions shown, by cohorts of that length."""
    counts, as_of = known.counts, known.as_of
    callers = by_caller(counts, as_of)
    facts = OutcomeFacts(
        as_of,
        maturity(counts, as_of),
        callers,
        first_due(counts, as_of),
        known.replayed,
        known.retired,
    )
    check = outcome_words.check(facts)
    if box := outcome_words.waits(facts):
        return OutcomesSection(check, box)
    parts = cohorts(counts, step)
    return OutcomesSection(
        check,
        None,
        outcome_words.sentences(facts),
        cohort_chart(parts, step, as_of),
        caller_table(callers),
        heat(tuple(vintage(part, as_of) for part in parts), estimate(counts, as_of), counts, step),
    )


def performance_section(
    known: Known, step: Step, held_out: Mapping[str, HeldOut]
) -> PerformanceSection:
    """The same of how the scores did; `held_out` by version, as far as versions are known."""
    parts = cohorts(known.counts, step)
    facts = performance_facts(known, parts, step, held_out)
    check, note = performance_words.check(facts), performance_words.note(facts)
    if box := performance_words.waits(facts):
        return PerformanceSection(check, box, note)
    whole = joined(parts, known.as_of) if isinstance(facts.whole, Performance) else None
    return PerformanceSection(
        check,
        None,
        note,
        performance_words.sentences(facts),
        charts(facts.cohorts, step, facts.held_out) if whole else (),
        cohort_table(facts.cohorts, step) if whole else None,
        strips(calibration(whole)) if whole else None,
    )
