"""The time line: the course of what moved, and what is known to have happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from monitor.incidents.history_words import history
from monitor.incidents.incident import Incident
from monitor.incidents.moved_words import condensed
from monitor.incidents.phrases import between
from monitor.incidents.reading import Note
from monitor.incidents.stream import Stream
from monitor.judging.cohort import cohorts
from monitor.judging.interval import Interval
from monitor.judging.performance import Performance, of_cohort
from monitor.page.charts import Plot
from monitor.page.figures import Figure
from monitor.page.incident.around import Around
from monitor.page.incident.due import Due, is_beyond
from monitor.page.indicators import tolerances_of
from monitor.page.records import Activation
from monitor.page.sections.course import Course, course, drawn, zone
from monitor.page.sections.drawing import plot_of, round_up
from monitor.page.window import DAY
from monitor.page.words import number, some

NEAR = timedelta(days=7)
"""What happened so close to an onset may have to do with it."""
_HEIGHT = 196
_OF_OUTCOMES = {"observed/expected", "coverage", "delay", "auc"}
_MARKS = 12
_MOST = 20
_REASONS = {"start": "a process began with it", "pinned": "by MODEL_VERSION"}


@dataclass(frozen=True, slots=True)
class Event:
    """What happened at a time; known: by people or by the service, not found by the monitor."""

    at: datetime
    text: str
    known: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """The sentence, the chart, and the events with their numbers in it."""

    text: str
    figure: Figure
    events: tuple[tuple[str, Event], ...]


def timeline(
    incident: Incident,
    around: Around,
    due: Due | None,
    activations: Sequence[Activation],
    notes: Sequence[Note],
) -> Timeline:
    """Of an incident as it is known."""
    events = [*_known(incident, around, activations, notes), *_found(incident)]
    events.sort(key=lambda event: event.at)
    near = [event for event in events if event.known and abs(event.at - incident.onset) <= NEAR]
    if near:
        verb = "is" if len(near) == 1 else "are"
        text = (
            f"{some('event', len(near))} {verb} known within 7 days of the onset; that is no proof."
        )
    else:
        text = "Nothing was activated or noted within 7 days of the onset."
    text += _opening(incident)
    return Timeline(
        text,
        _figure(incident, around, due, events),
        tuple((str(at), event) for at, event in enumerate(events, 1)),
    )


def _opening(incident: Incident) -> str:
    length = incident.opened_at - incident.onset
    if length < 2 * DAY:
        return ""
    days = some("day", length // DAY)
    return f" {days} lie between the onset and the opening: so long it took to be sure."


def _known(
    incident: Incident, around: Around, activations: Sequence[Activation], notes: Sequence[Note]
) -> list[Event]:
    first: dict[tuple[str, str | None], Activation] = {}
    for each in activations:
        if around.window.start <= each.at <= around.window.end:
            key = each.version, each.previous
            first[key] = min(first.get(key, each), each, key=lambda one: one.at)
    served = [
        Event(each.at, f"Version {each.version} is taken up: {_reason(each)}.", True)
        for each in first.values()
    ]
    said = [Event(note.at, f"Note{_by(note)}: {note.text}", True) for note in notes]
    found = sorted([*served, *said], key=lambda event: abs(event.at - incident.onset))
    return found[:_MOST]


def _reason(activation: Activation) -> str:
    if activation.previous not in {None, activation.version}:
        return f"before it, {activation.previous} served"
    return _REASONS.get(activation.reason, "made active while a process served")


def _by(note: Note) -> str:
    return f" by {note.by}" if note.by else ""


def _found(incident: Incident) -> list[Event]:
    low, high = incident.onset_interval
    interval = between(low, high)
    onset = f"Onset{f', {interval}' if interval else ''}."
    lines = [Event(incident.onset, onset)]
    for line in history(incident):
        head = (
            f"Diagnosed: {line.head}"
            if line.diagnosed
            else f"Incident {incident.incident_id}: {line.head}"
        )
        lines.append(Event(line.at, head))
    return lines


def _figure(incident: Incident, around: Around, due: Due | None, events: list[Event]) -> Figure:
    window, every = around.window, condensed(incident.moved)
    judged = due is not None and len(due.counts) > 0
    if judged and every and Stream.of(every[0].stream).what in _OF_OUTCOMES:
        assert due is not None
        return _outcomes(incident, around, due, events)
    for moved in every:
        own = around.counts if moved.caller is None else around.own
        caller = None if moved.caller is None else around.caller
        found = course(moved, own, around.version, window, caller)
        if found is not None:
            plot = drawn(found, incident, window, _HEIGHT, wide=True)
            return _titled(found, _marked(plot, around, events), f"by {window.step}")
    plot = plot_of(window, 1, _HEIGHT // 2, "The onset in time", above=34)
    zone(plot, window, *incident.onset_interval)
    plot.hline(0, "base").xticks(window.ticks())
    return Figure("The onset in time", "shaded: the onset", _marked(plot, around, events))


def _titled(found: Course, svg: Markup, by: str) -> Figure:
    band = ""
    if found.bounds is not None:
        low, high = (found.shown(max(bound, 0.0)) for bound in found.bounds)
        band = f"band: as before, {low} to {high}; "
    return Figure(f"{found.title}, {by}", f"{band}shaded: the onset", svg)


def _outcomes(incident: Incident, around: Around, due: Due, events: list[Event]) -> Figure:
    """Observed over expected by week of prediction, with intervals; hatched: not due."""
    window = around.window
    tolerance = tolerances_of(around.version).observed_over_expected
    weeks = [of_cohort(cohort, due.as_of) for cohort in cohorts(due.counts, "week")]
    found: list[tuple[datetime, Interval]] = []
    for week in weeks:
        told = week.performance
        if isinstance(told, Performance) and isinstance(told.ratio, Interval):
            found.append((week.start, told.ratio))
    top = min(round_up(max([1.5, *(ratio.high for _, ratio in found)])), 4.0)
    plot = plot_of(window, top, _HEIGHT, "Observed over expected by week of prediction", above=34)
    zone(plot, window, *incident.onset_interval)
    plot.rect(*plot.x, 1 / (1 + tolerance), min(1 + tolerance, top), "band")
    last = window.at(found[-1][0]) + 7 if found else 0.0
    if plot.x[1] - last > 1:
        wide = plot.x[1] - last > (plot.x[1] - plot.x[0]) / 8
        plot.pending(max(last, 0.0), plot.x[1], "not due yet" if wide else "")
    for start, ratio in found:
        middle = window.at(start) + 3.5
        if plot.x[0] <= middle <= plot.x[1]:
            wrong = "wrong" if is_beyond(ratio, tolerance) else ""
            half = max(ratio.high - ratio.value, ratio.value - ratio.low)
            plot.interval(middle, ratio.value, half, wrong, 3.5)
    plot.yticks([0, 1, top], number).xticks(window.ticks())
    sub = "all due cases, with 95% intervals; band: tolerance; shaded: the onset; hatched: not due"
    title = "Observed over expected, by week of prediction"
    return Figure(title, sub, _marked(plot, around, events))


def _marked(plot: Plot, around: Around, events: list[Event]) -> Markup:
    """Numbers above, at the lines; those that would hide one another share a place."""
    start, end = plot.x
    last = start - end
    for number_, event in list(enumerate(events, 1))[:_MARKS]:
        at = around.window.at(event.at)
        if not start <= at <= end:
            continue
        plot.vline(at)
        if at - last < (end - start) / 60:
            continue
        edge = (end - start) / 50
        anchor = "start" if at < start + edge else "end" if at > end - edge else "middle"
        plot.text(at, None, str(number_), anchor, "on", px=26)  # type: ignore[arg-type]
        last = at
    return plot.svg()
