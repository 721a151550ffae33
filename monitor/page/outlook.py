"""Outcomes and performance of what the page shows, and what stands in for them."""

from monitor.database import Reader
from monitor.judging.judged import judged
from monitor.judging.sections import OutcomesSection, PerformanceSection
from monitor.judging.selection import Selection
from monitor.page.facts import Facts
from monitor.page.figures import Check
from monitor.page.kept import KeptOfPage

Outlook = tuple[OutcomesSection, PerformanceSection]


def read(connection: Reader, facts: Facts, kept: KeptOfPage) -> Outlook:
    """Both sections, by the filters of the page.

    As of a time before the last round the log is read again, which raises PostgresAway where it
    takes too long.
    """
    filters, window = facts.filters, facts.window
    selection = Selection(
        window.start,
        window.end,
        window.step,
        filters.version,
        filters.stored_caller,
        filters.route,
    )
    key = ("outlook", facts.round.rolled_at, facts.round.as_of, selection, filters.as_of)
    return kept.found.get(key, lambda: judged(connection, selection, filters.as_of, kept.outcomes))


def too_long() -> Outlook:
    """What stands in their place where reading the log again was given up."""
    said = "Not shown as of then: reading the log again took too long."
    more = "Choose a caller, a version or a shorter time, or see the page as of now."
    return (
        OutcomesSection(Check("outcomes", "Outcomes", "wait", said), (said, more)),
        PerformanceSection(Check("performance", "Performance", "wait", said), (said, more), ""),
    )
