"""The page: its sections in their order, each of which keeps its place."""

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.judging.sections import OutcomesSection, PerformanceSection
from monitor.page.facts import Facts
from monitor.page.figures import Check, Section, Table
from monitor.page.outlook import Outlook
from monitor.page.sections import features, incidents, quality, scores, served, service, traffic
from monitor.page.sections.incidents import IncidentsSection
from monitor.page.sections.state import Headline, headline


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What a page says: incidents, the sections in `before`, outcomes, performance, `after`."""

    facts: Facts
    headline: Headline
    checks: tuple[Check, ...]
    incidents: IncidentsSection
    before: tuple[Section, ...]
    outcomes: OutcomesSection
    performance: PerformanceSection
    after: tuple[Section, ...]

    @property
    def parts(self) -> tuple[Check, ...]:
        """The checks of all sections, in their order."""
        judged = (self.outcomes.check, self.performance.check)
        first, last = ([each.check for each in part] for part in (self.before, self.after))
        return (self.incidents.check, *first, *judged, *last)

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
    found = incidents.section(facts)
    before = (
        traffic.section(facts),
        scores.section(facts),
        features.section(facts),
        quality.section(facts),
    )
    after = (served.section(facts),)
    traffic_, *others = (section.check for section in before)
    checks = [
        found.check,
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
        facts, headline(facts, checks), tuple(checks), found, before, outcomes, performance, after
    )
