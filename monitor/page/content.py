"""The page: its sections in their order, each of which keeps its place."""

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.page.facts import Facts
from monitor.page.figures import Check, Section, Table
from monitor.page.sections import features, quality, scores, served, service, traffic
from monitor.page.sections.state import Headline, headline


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What a page says. `before` and `after` stand around outcomes and performance."""

    facts: Facts
    headline: Headline
    checks: tuple[Check, ...]
    sections: tuple[Section, ...]

    def tables(self) -> Iterator[Table]:
        """Those that were made for the page."""
        for section in self.sections:
            yield from (*section.tables, *section.folds)

    def table(self, name: str) -> Table | None:
        """The table of that name; None where there is none."""
        for section in self.sections:
            if name in section.files:
                return section.files[name]()
        return next((table for table in self.tables() if table.name == name), None)


def content(facts: Facts) -> Content:
    """The page of these facts."""
    made = [
        _incidents(),
        traffic.section(facts),
        scores.section(facts),
        features.section(facts),
        quality.section(facts),
        _outcomes(),
        _performance(),
        served.section(facts),
    ]
    by_id = {section.id: section.check for section in made}
    checks = [
        by_id["traffic"],
        service.refusals_check(facts),
        service.log_check(facts),
        by_id["scores"],
        by_id["features"],
        by_id["quality"],
        by_id["outcomes"],
        by_id["performance"],
        by_id["served"],
        service.counts_check(facts),
    ]
    return Content(facts, headline(facts, checks), tuple(checks), tuple(made))


def _incidents() -> Section:
    check = Check("incidents", "Incidents", "wait", "Nothing is tested yet.")
    waits = (
        "Incidents come with the detection of drift. Until then nothing on this page is tested, and"
        " nothing is an alarm.",
        "What the counts show by themselves stands in the list above: a standstill, rows that are"
        " held back, refused requests.",
    )
    return Section("Incidents", check, waits=waits)


def _outcomes() -> Section:
    check = Check("outcomes", "Outcomes", "wait", "Not judged yet: no report has come.")
    waits = (
        "Waits for reports of what really happened; none is shown yet.",
        "Report them by POST /outcomes, or load a file: outcomes load FILE. They may come early and"
        " in any order.",
    )
    return Section("Outcomes", check, waits=waits)


def _performance() -> Section:
    check = Check("performance", "Performance", "wait", "Not judged yet: nothing is due.")
    waits = (
        "Waits until outcomes are due: nothing is judged before.",
        "The held-out part of training is a forecast, and no measurement of this traffic.",
    )
    return Section("Performance, on cases that are due", check, waits=waits)
