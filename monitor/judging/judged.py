"""Both sections of what became of the predictions, out of one snapshot of Postgres."""

from datetime import datetime

from monitor.database import Reader
from monitor.judging.reading import reaching_back, read, read_held_out
from monitor.judging.sections import (
    OutcomesSection,
    PerformanceSection,
    outcomes_section,
    performance_section,
)
from monitor.judging.selection import Selection
from monitor.page.kept import Kept


def judged(
    connection: Reader,
    selection: Selection,
    as_of: datetime | None = None,
    kept: Kept | None = None,
) -> tuple[OutcomesSection, PerformanceSection]:
    """Of the predictions selected, and of those before them whose outcome fell due meanwhile.

    As of a time, or of the last round. `kept` as in `read`. Raises PostgresAway where Postgres
    cannot be reached, or the log takes too long to be read again.
    """
    whole = reaching_back(connection, selection)
    known = read(connection, whole, as_of, kept)
    versions = sorted(set(known.counts.version.tolist()))
    return (
        outcomes_section(known, whole.step),
        performance_section(known, whole.step, read_held_out(connection, versions)),
    )
