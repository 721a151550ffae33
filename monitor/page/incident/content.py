"""The page of an incident: all that is said and drawn of it."""

from dataclasses import dataclass
from datetime import datetime

from monitor.database import Reader
from monitor.incidents import reading
from monitor.incidents.incident import Incident
from monitor.incidents.phrases import ANONYMOUS
from monitor.incidents.reading import Note
from monitor.incidents.words import Words, words
from monitor.page import records
from monitor.page.figures import Figure, Table
from monitor.page.incident import pictures, quiet, statistics, strips
from monitor.page.incident.around import Around, around
from monitor.page.incident.due import Due, due
from monitor.page.incident.pictures import Compared
from monitor.page.incident.strips import Strips
from monitor.page.incident.timeline import Timeline, timeline
from monitor.page.indicators import tolerances_of
from monitor.page.kept import Kept
from monitor.page.records import Activation, Round

_OF_OUTCOMES = {"ratio", "auc", "hours", "rate"}


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """What was read for the page, in one snapshot."""

    incident: Incident
    as_of: datetime
    """The time it is shown as of: the one asked for, or that of the last round."""
    past: bool
    round: Round
    around: Around
    activations: tuple[Activation, ...]
    notes: tuple[Note, ...]
    still_open: int
    dataset: str


@dataclass(frozen=True, slots=True, eq=False)
class IncidentPage:
    """What templates/incident.html shows."""

    sources: Sources
    said: Words
    timeline: Timeline
    text: str
    figures: tuple[Figure, ...]
    strips: tuple[Strips, ...]
    others: Table | None
    tables: tuple[Table, ...]
    """Those that are given as CSV, in the order of the page."""

    def table(self, name: str) -> Table | None:
        """One by its name; None where there is none."""
        return next((table for table in self.tables if table.name == name), None)


def read(
    connection: Reader, incident_id: int, as_of: datetime | None, now: datetime, kept: Kept
) -> Sources | None:
    """All of an incident; None where there is none of that number, or was none then."""
    found = reading.incident(connection, incident_id, as_of)
    if found is None:
        return None
    last = records.last_round(connection)
    latest = now if last.rolled_at is None else last.as_of
    shown = min(as_of, latest) if as_of else max(latest, found.opened_at)
    counted = around(connection, found, shown, kept)
    window = counted.window
    declared = counted.version.declaration
    title = declared.title if declared else "Prediction service"
    return Sources(
        *(found, shown, as_of is not None, last, counted),
        tuple(records.activations(connection, window.end)),
        tuple(reading.notes(connection, window.start, window.end)),
        *(reading.still_open(connection, as_of), title),
    )


def read_due(connection: Reader, sources: Sources) -> Due | None:
    """Its outcomes; None where nothing of it is known by them.

    Raises PostgresAway where the log takes too long to be read again, as of a time.
    """
    incident = sources.incident
    if not about_outcomes(incident):
        return None
    as_of = sources.as_of if sources.past else None
    return due(connection, incident, sources.around, as_of)


def content(sources: Sources, found_due: Due | None) -> IncidentPage:
    """The page of what was read."""
    incident, counted = sources.incident, sources.around
    names = pictures.named(incident)
    shown = [
        of
        for name in names[: pictures.MOST]
        if (of := pictures.compared(counted, name)) is not None
    ]
    others = quiet.quiet(counted, names)
    tolerances = tolerances_of(counted.version)
    table = quiet.table(others) if others else None
    judged = found_due if found_due is not None and found_due.by else None
    tables = (
        pictures.table(shown) if shown else None,
        strips.table(judged) if judged else None,
        table,
        statistics.moved(incident),
        statistics.fitted(incident),
    )
    return IncidentPage(
        sources,
        words(incident, sources.as_of),
        timeline(incident, counted, found_due, sources.activations, sources.notes),
        _text(counted, shown, others, judged=judged is not None, outcomes=found_due is not None),
        tuple(pictures.picture(of, tolerances.share) for of in shown),
        strips.strips(judged, tolerances.observed_over_expected) if judged else (),
        table,
        tuple(each for each in tables if each is not None),
    )


def about_outcomes(incident: Incident) -> bool:
    """Whether anything that moved is known by outcomes alone."""
    return any(each.reading in _OF_OUTCOMES or "coverage" in each.stream for each in incident.moved)


def _text(
    counted: Around,
    shown: list[Compared],
    others: tuple[quiet.Quiet, ...],
    *,
    judged: bool,
    outcomes: bool,
) -> str:
    """The sentence above the pictures."""
    rows = int(counted.before.sum() > 0)
    said = "Up to four weeks before the onset against all that came since"
    if counted.end < counted.window.end:
        said = "Up to four weeks before the onset against what came from it until the end"
    if not rows:
        said = "Nothing was counted before the onset: what came since stands against training"
    if counted.caller is not None:
        said += f", from {counted.caller or ANONYMOUS} alone"
    beyond = sum(each.beyond for each in others)
    parts = [f"{said}."]
    if judged:
        parts.append("Of outcomes only due cases count, by the day of their prediction.")
    elif outcomes:
        parts.append("No case predicted since the onset is due yet.")
    if others:
        rest = "None" if not beyond else f"{beyond}"
        noun = "of the other columns" if shown else "of the columns"
        parts.append(f"{rest} {noun} left {'its' if beyond < 2 else 'their'} tolerance.")
    return " ".join(parts)
