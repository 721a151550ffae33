"""The page: its sections in their order, each of which keeps its place."""

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.judging.sections import OutcomesSection, PerformanceSection
from monitor.page.facts import Facts
from monitor.page.figures import Check, Section, Table
from monitor.page.outlook import Outlook
from monitor.page.sections import features, quality, scores, served, service, traffic
from monitor.page.sections.state import Headline, headline


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What a page says: the sections in `before`, outcomes and performance, those in `after`."""

    facts: Facts
    headline: Headline
    checks: tuple[Check, ...]
    before: tuple[Section, ...]
    outcomes: OutcomesSection
    performance: PerformanceSection
    after: tuple[Section, ...]

    @property
    def parts(self) -> tuple[Check, ...]:
        """The checks of all sections, in their order."""
        judged = (self.outcomes.check, self.performance.check)
        first, last = ([each.check for each in part] for part in (self.before, self.after))
        return (*first, *judged, *last)

    def tables(self) -> Iterator[Table]:
        """Those that were made for the page."""
        for section in (*self.before, *self.after):
            yield from (*section.tables, *section.folds)
        yield from (*self.outcomes.tables, *self.performance.tables)

    def table(self, name: str) -> Table | None:
        """The table of that name; None where there is none."""
        for section in (*self.before, *self.after):
            if name in section.files:
                return section.files[name]()
        return next((table for table in self.tables() if table.name == name), None)


def content(facts: Facts, outlook: Outlook) -> Content:
    """The page of these facts."""
    outcomes, performance = outlook
    before = (
        _incidents(),
        traffic.section(facts),
        scores.section(facts),
        features.section(facts),
        quality.section(facts),
    )
    after = (served.section(facts),)
    _, traffic_, *others = (section.check for section in before)
    checks = [
        traffic_,
        service.refusals_check(facts),
        service.log_check(facts),
        *others,
        outcomes.check,
        performance.check,
        after[0].check,
        service.counts_check(facts),
    ]
    return Content(
        facts, headline(facts, checks), tuple(checks), before, outcomes, performance, after
    )


def _incidents() -> Section:
    check = Check("incidents", "Incidents", "wait", "Nothing is tested yet.")
    waits = (
        "Incidents come with the detection of drift. Until then nothing on this page is tested, and"
        " nothing is an alarm.",
        "What the counts show by themselves stands in the list above: a standstill, rows that are"
        " held back, refused requests.",
    )
    return Section("Incidents", check, waits=waits)
