"""Both sections of what became of the predictions, out of one snapshot of Postgres."""

from datetime import datetime

from monitor.database import Reader
from monitor.judging.reading import Selection, reaching_back, read, read_held_out
from monitor.judging.sections import (
    OutcomesSection,
    PerformanceSection,
    outcomes_section,
    performance_section,
)


def judged(
    connection: Reader, selection: Selection, as_of: datetime | None = None
) -> tuple[OutcomesSection, PerformanceSection]:
    """Of the predictions selected, and of those before them whose outcome fell due meanwhile.

    As of a time, or of the last round. Raises PostgresAway where Postgres cannot be reached, or the
    log takes too long to be read again.
    """
    whole = reaching_back(connection, selection)
    known = read(connection, whole, as_of)
    versions = sorted(set(known.counts.version.tolist()))
    return (
        outcomes_section(known, whole.step),
        performance_section(known, whole.step, read_held_out(connection, versions)),
    )
