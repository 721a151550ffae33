"""What was counted around the onset of an incident."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from monitor.database import Reader
from monitor.incidents.incident import Incident
from monitor.page import reading, records
from monitor.page.counts import Counts
from monitor.page.filters import NO_KEY, Filters
from monitor.page.indicators import layout_of
from monitor.page.kept import Kept
from monitor.page.reading import Asked
from monitor.page.records import Version
from monitor.page.window import DAY, HOUR, Ints, Window, floor

BEFORE = timedelta(days=28)
"""What is before the onset, as far as there was any traffic."""
_AFTER = timedelta(days=7)
"""A closed incident is drawn until so long after it ended."""


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """Counts by day of `window`, of all callers; `own` of the one that the incident is about.

    before, after: (size,) own cells of the hours before the onset, and from it until the end.
    """

    window: Window
    counts: Counts
    own: Counts
    before: Ints
    after: Ints
    version: Version
    caller: str | None
    end: datetime
    """When it was closed, or the time as of which it is shown."""


def around(connection: Reader, incident: Incident, as_of: datetime, kept: Kept) -> Around:
    """Read them, as of a time that is no later than the last round."""
    version = records.version(connection, incident.model_version)
    end = min(incident.closed_at or as_of, as_of)
    last = min(end + _AFTER, as_of) if incident.closed_at else as_of
    window = Window(floor(incident.onset - BEFORE, "day"), last, "day", "day", past=True)
    caller = _caller(incident)
    size = layout_of(version).size if version.profile is not None else 0
    every = Filters(version=version.name)
    filters = replace(every, caller=NO_KEY if caller == "" else caller)

    def counts(window: Window, of: Filters = filters) -> Counts:
        return reading.counts(connection, Asked(window, of, version.name, size), kept)

    by_day = counts(window)
    onset = max(floor(incident.onset, "hour"), window.start)
    before = _cells(window.start, onset, window, by_day, counts)
    after = _cells(onset, floor(end, "hour"), window, by_day, counts)
    return Around(window, counts(window, every), by_day, before, after, version, caller, end)


def _caller(incident: Incident) -> str | None:
    """The one that all of it is about; None where it is about all."""
    segment = incident.latest.segment if incident.latest else None
    return (segment or {}).get("caller")


def _cells(
    start: datetime, end: datetime, window: Window, by_day: Counts, read: Callable[[Window], Counts]
) -> Ints:
    """(size,): the sum of the hours from `start` until before `end`."""

    def hours(start: datetime, end: datetime) -> Ints:
        span = Window(floor(start, "day"), end, "hour", "hour", past=True)
        own: Ints = read(span).seen.cells[span.place(start) :].sum(axis=0)
        return own

    found = np.zeros(by_day.seen.cells.shape[1], dtype=np.int64)
    first, last = floor(start + DAY - HOUR, "day"), floor(end, "day")
    if first > last:
        return hours(start, end)
    found += by_day.seen.cells[window.place(first) : window.place(last)].sum(axis=0)
    if start < first:
        found += hours(start, first)
    if last < end:
        found += hours(last, end)
    return found
