"""The course of what moved: the figure by step, its onset shaded, what is beyond tolerance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isnan

import numpy as np

from diagnosis.finding import Moved
from monitor.incidents.figure_words import noun
from monitor.incidents.incident import Incident
from monitor.incidents.moved_words import condensed
from monitor.incidents.stream import Stream
from monitor.page.charts import Plot
from monitor.page.counts import Counts, Floats
from monitor.page.facts import Facts
from monitor.page.figures import Figure
from monitor.page.indicators import Indicators, tolerances_of
from monitor.page.records import Version
from monitor.page.sections.drawing import few, highest, lined, plot_of, round_up, ticked
from monitor.page.sections.reference import DRAWN
from monitor.page.window import HOUR, Window
from monitor.page.words import number, share

_WHOLE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A figure by step (None: not drawn), and within which bounds it is as before."""

    title: str
    values: list[float | None]
    bounds: tuple[float, float] | None
    shown: Callable[[float], str]


def course(
    moved: Moved,
    counts: Counts,
    version: Version | None,
    window: Window,
    caller: str | None = None,
) -> Course | None:
    """Out of counts, of `caller` alone where there is one; None where they do not have it."""
    stream = Stream.of(moved.stream)
    tolerances = tolerances_of(version)
    if stream.what == "rows":
        values = _rows(counts, moved.caller, window)
        bounds = _around(moved.before, moved.before * tolerances.volume)
        return Course(noun(moved), values, bounds, number)
    if stream.what == "caller":
        own = _of_caller(counts, moved.caller if moved.caller is not None else stream.value)
        values = _shares(window.by_step(own), window.by_step(counts.by_caller).sum(axis=0))
        return Course(noun(moved), values, _around(moved.before, tolerances.share), _percent)
    if moved.caller != caller or version is None or not _has_cells(version, counts):
        return None
    indicators = Indicators.of(version)
    place = indicators.place(moved.stream)
    if place is None:
        return None
    cells = window.by_step(counts.seen.cells.T).T
    enough = cells[:, indicators.streams.score_start :].sum(axis=1) >= DRAWN
    line = np.where(enough, indicators.shares(cells)[:, place], np.nan)
    bounds = _around(moved.before, float(indicators.streams.tolerances[place]))
    return Course(noun(moved), _known(line), bounds, _percent)


def first_course(incident: Incident, facts: Facts) -> Course | None:
    """The first of what moved that the counts of the page have."""
    filters = facts.filters
    version = facts.version
    if filters.stored_caller is not None or filters.route is not None:
        return None
    if version is None or version.name != incident.model_version:
        return None
    found = (
        course(each, facts.counts, version, facts.window) for each in condensed(incident.moved)
    )
    return next(filter(None, found), None)


def figure(course: Course, incident: Incident, window: Window, height: int = 132) -> Figure:
    """A small chart of it."""
    return Figure(course.title, "", drawn(course, incident, window, height).svg(), _note(course))


def drawn(
    course: Course, incident: Incident, window: Window, height: int, *, wide: bool = False
) -> Plot:
    """Its line, in the colour of an incident from the onset on; a `wide` one has room for marks."""
    bounds = course.bounds
    top = round_up(highest(course.values, [bounds[1] if bounds else None]))
    label = f"{course.title}, by the {window.step}, with the onset of incident"
    plot = plot_of(window, top, height, f"{label} {incident.incident_id}", above=34 if wide else 14)
    low, high = incident.onset_interval
    zone(plot, window, low, max(high, incident.onset))
    if bounds is not None:
        plot.rect(*plot.x, max(bounds[0], 0.0), min(bounds[1], top), "band")
    before, after = _parted(course.values, incident, window)
    lined(plot, window, before)
    lined(plot, window, after, "warn1")
    return ticked(plot, window, top, course.shown, most=12 if wide else few(window))


def zone(plot: Plot, window: Window, low: datetime, high: datetime) -> None:
    """The onset's interval, as far as it lies in the window; wide enough to be seen."""
    start, end = plot.x
    left, right = window.at(low), window.at(high)
    hair = (end - start) / 200
    left, right = max(min(left, right - hair), start), min(max(right, left + hair), end)
    if left < right:
        plot.rect(left, right, *plot.y, "zone")


def _parted(
    values: Sequence[float | None], incident: Incident, window: Window
) -> tuple[list[float | None], list[float | None]]:
    """Before the onset and after the end, and between; both hold the steps at which they meet."""
    end = incident.closed_at or window.end
    inside = [start + window.length > incident.onset and start < end for start in window.steps]
    near = [any(inside[max(0, at - 1) : at + 2]) and not each for at, each in enumerate(inside)]
    calm = [None if each else value for value, each in zip(values, inside, strict=True)]
    moved = [
        value if each or close else None
        for value, each, close in zip(values, inside, near, strict=True)
    ]
    return calm, moved


def _note(course: Course) -> str:
    if course.bounds is None:
        return ""
    low, high = (course.shown(max(bound, 0.0)) for bound in course.bounds)
    return f"band: as before, {low} to {high}; shaded: the onset"


def _rows(counts: Counts, caller: str | None, window: Window) -> list[float | None]:
    own = counts.by_caller.sum(axis=0) if caller is None else _of_caller(counts, caller)
    steps = window.by_step(own).astype(np.float64) / (window.length / HOUR)
    if window.unfinished and len(steps):
        steps[-1] = np.nan
    return _known(steps)


def _of_caller(counts: Counts, name: str) -> Floats:
    if name not in counts.callers:
        return np.zeros(counts.by_caller.shape[1])
    own: Floats = counts.by_caller[counts.callers.index(name)].astype(np.float64)
    return own


def _shares(own: Floats, whole: Floats) -> list[float | None]:
    enough = whole >= DRAWN
    found = np.divide(own, whole, where=enough, out=np.full(len(own), np.nan))
    return _known(found)


def _has_cells(version: Version, counts: Counts) -> bool:
    known = version.profile is not None and version.declaration is not None
    return known and counts.seen.cells.shape[1] > 0


def _around(value: float, tolerance: float) -> tuple[float, float]:
    return value - tolerance, value + tolerance


def _known(values: Floats) -> list[float | None]:
    return [None if isnan(value) else value for value in values.tolist()]


def _percent(value: float) -> str:
    return share(value, 0 if value >= _WHOLE or value == 0 else 1)
