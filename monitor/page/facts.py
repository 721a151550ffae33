"""All that a page is made of, read in one snapshot."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from contract.cell_layout import Layout
from monitor import clock
from monitor.database import Reader
from monitor.incidents import reading as incidents
from monitor.incidents.incident import Incident
from monitor.page import reading, records
from monitor.page.counts import Counts
from monitor.page.filters import Filters, FilterWrong
from monitor.page.kept import Kept
from monitor.page.reading import Asked, Choice
from monitor.page.records import Activation, Process, Refusals, Round, Version
from monitor.page.watched import Watched, watched
from monitor.page.window import Window
from monitor.page.words import when

# How far back the usual pauses of the traffic are looked for.
PAUSES = timedelta(days=28)


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What the sections speak of. `now` is the time of the system, for what only now has a state.

    `version` is the one whose scores and features are shown: None before the first prediction.
    """

    filters: Filters
    window: Window
    now: datetime
    round: Round
    choices: tuple[Choice, ...]
    version: Version | None
    layout: Layout | None
    counts: Counts
    refusals: Refusals
    processes: tuple[Process, ...]
    activations: tuple[Activation, ...]
    busy_hours: tuple[datetime, ...]
    incidents: tuple[Incident, ...] = ()
    """As they were known at the end of the window, the newest first."""
    watched: Watched | None = None
    """How far that version is watched; None where it is not."""

    @property
    def total(self) -> int:
        """Predictions of the window."""
        return int(self.counts.by_caller.sum())


def read(connection: Reader, filters: Filters, now: datetime, kept: Kept) -> Facts:
    """Read them; raises FilterWrong where `as_of` lies in the future."""
    last = records.last_round(connection)
    latest = now if last.rolled_at is None else last.as_of
    as_of = (filters.as_of or latest).astimezone(UTC)
    today = clock.held(connection) or now
    if as_of > max(today, latest):
        raise FilterWrong(f"as_of lies in the future: {when(as_of)}; it is {when(today)}.")
    window = Window.of(filters, as_of)
    choices = reading.choices(connection, window)
    activations = records.activations(connection, as_of)
    name = filters.version or _version(filters, choices, activations)
    version = records.version(connection, name) if name else None
    layout = Layout.of(version.profile) if version and version.profile else None
    size = layout.size if layout else 0
    asked = Asked(window, filters, name, size)
    key = (last.rolled_at, last.as_of, asked)
    return Facts(
        filters,
        window,
        now,
        last,
        tuple(choices),
        version,
        layout,
        kept.get(key, lambda: reading.counts(connection, asked, kept)),
        records.refusals(connection, window, filters.route, filters.version),
        tuple(records.processes(connection)),
        tuple(activations),
        tuple(records.busy_hours(connection, as_of - PAUSES, window.counted_until)),
        tuple(incidents.incidents(connection, as_of if window.past else None, filters.version)),
        watched(connection, name, as_of) if name else None,
    )


def _version(filters: Filters, choices: list[Choice], activations: list[Activation]) -> str | None:
    """The one that was activated last, if it predicted in the window; else the latest that did."""
    found = [
        choice
        for choice in choices
        if choice.shown
        and filters.stored_caller in {None, choice.caller}
        and filters.route in {None, choice.route}
    ]
    if not found:
        return activations[0].version if activations else None
    if activations and activations[0].version in {choice.version for choice in found}:
        return activations[0].version
    return max(found, key=lambda choice: (choice.last, choice.shown)).version
