"""Happenings as a look writes them, an hour ago."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from diagnosis.finding import Diagnosed, Ended, Happening, Onset, Opened
from monitor.incidents import records
from monitor.incidents.hours import hour_at
from tests.monitor.conftest import Monitor
from tests.monitor.incidents import made

VERSION = "loans-1a2b3c"
HOUR = hour_at(datetime.now(UTC)) - 1
UNIT = made.incident("unit")
LIFE: tuple[Happening, ...] = (
    Opened(1, HOUR - 2, Onset(HOUR - 6, HOUR - 7, HOUR - 5), UNIT.moved),
    Diagnosed(1, HOUR - 1, replace(UNIT.diagnoses[0].diagnosis, at=HOUR - 1)),
    Ended(1, HOUR, "back", "All that had moved has been within its tolerance for 24 hours."),
)


def of(number: int, happening: Happening, later: timedelta = timedelta()) -> Happening:
    """The same of another incident, or at another time."""
    return replace(happening, number=number, at=happening.at + later // timedelta(hours=1))


def keep(monitor: Monitor, *happenings: Happening) -> None:
    with monitor.connections.connection() as connection, connection.attempt():
        records.write(connection, VERSION, happenings)
