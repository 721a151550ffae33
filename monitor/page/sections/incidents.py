"""Incidents: the open ones first, those that call for action before the others."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from monitor.incidents.action_words import state
from monitor.incidents.incident import Incident
from monitor.incidents.words import Words, continued, words
from monitor.page.facts import Facts
from monitor.page.figures import Check, Figure, State
from monitor.page.filters import Filters
from monitor.page.incident.address import Address
from monitor.page.sections import reference
from monitor.page.sections.course import figure, first_course
from monitor.page.sections.linked import ordered
from monitor.page.words import day, some, when

CLOSED = 3
"""So many of the closed ones stand on the page, the latest."""
PICTURES = 6


@dataclass(frozen=True, slots=True)
class Item:
    """One of the list."""

    incident: Incident
    said: Words
    address: str
    figure: Figure | None = None

    @property
    def meta(self) -> str:
        """When it was opened, diagnosed last, closed; of which version."""
        one = self.incident
        text = f"Incident {one.incident_id}, opened {when(one.opened_at)}"
        if one.closed_at is not None:
            text += f", closed {when(one.closed_at)}"
        elif one.diagnoses:
            text += f", diagnosed {when(one.diagnoses[-1].at)}"
        return f"{text}; version {one.model_version}"

    @property
    def text(self) -> str:
        """What stands below its title: since when, why, what it costs, what is due."""
        since = f"Since {self.said.since}" if self.incident.closed_at is None else ""
        cost = "" if self.said.cost == "Not estimated." else self.said.cost
        lead = self.said.lead.removeprefix(f"Since {when(self.incident.onset)}. ")
        return " ".join(filter(None, (since, lead, cost)))


@dataclass(frozen=True, slots=True)
class IncidentsSection:
    """What templates/sections/incidents.html shows."""

    check: Check
    items: tuple[Item, ...]
    lead: str
    waits: tuple[str | Markup, str | Markup] | None
    all_of_them: str
    """Address of the list."""


def section(facts: Facts) -> IncidentsSection:
    """The section."""
    open_ones = ordered(one for one in facts.incidents if one.closed_at is None)
    closed = [
        one for one in facts.incidents if one.closed_at and one.closed_at >= facts.window.start
    ]
    closed.sort(key=lambda one: one.closed_at or one.opened_at, reverse=True)
    shown = [*open_ones, *closed[:CLOSED]]
    items = tuple(
        item(one, facts.filters.as_of, facts.window.end, _figure(facts, one, at))
        for at, one in enumerate(shown)
    )
    return IncidentsSection(
        check(facts, open_ones),
        items,
        _lead(facts, len(open_ones), len(closed)),
        _waits(facts) if not open_ones else None,
        listing(facts.filters),
    )


def item(
    incident: Incident, as_of: datetime | None, now: datetime, figure: Figure | None = None
) -> Item:
    """An incident in a list; `as_of` is what its page is asked as of."""
    return Item(incident, words(incident, now), Address(incident.incident_id, as_of).page(), figure)


def listing(filters: Filters) -> str:
    """Address of the list of all, by what of the page's filters it has."""
    query = Filters(version=filters.version, as_of=filters.as_of).query()
    return "/incidents" + (f"?{query}" if query else "")


def check(facts: Facts, open_ones: list[Incident]) -> Check:
    """The line of the list at the top."""
    if not open_ones:
        return _quiet(facts)
    first = words(open_ones[0], facts.window.end)
    alike = sum(state(one) == first.state for one in open_ones)
    happens = continued(first.title)
    text = f"{len(open_ones)} open, {_alike(first.state, alike, len(open_ones))}: {happens}."
    if first.state == "known":
        return Check("incidents", "Incidents", "known", text)
    since = f"Since {when(open_ones[0].onset)}. "
    lead = since + first.lead.removeprefix(since)
    return Check("incidents", "Incidents", first.state, text, happens, lead)


def _alike(of: State, alike: int, still: int) -> str:
    if alike == still:
        return {"act": "action due", "ask": "undetermined"}.get(of, "explained, nothing to do")
    return f"{alike} of them {'with action due' if of == 'act' else 'undetermined'}"


def _quiet(facts: Facts) -> Check:
    if facts.watched is None:
        why = reference.missing(facts)
        waits = f" {why[0]}" if why else ""
        return Check("incidents", "Incidents", "wait", f"Nothing is watched yet.{waits}")
    text = f"None is open. Watched until {when(facts.watched.until)}."
    return Check("incidents", "Incidents", "ok", text)


def _lead(facts: Facts, still: int, closed: int) -> str:
    said = []
    if still:
        said.append(f"{some('incident', still)} {'is' if still == 1 else 'are'} open.")
    if closed:
        since = day(facts.window.start)
        more = f"; the last {CLOSED} of them stand here" if closed > CLOSED else ""
        said.append(f"{closed} {'was' if closed == 1 else 'were'} closed since {since}{more}.")
    if still and facts.watched is not None:
        said.append(_watched(facts))
    return " ".join(said)


def _waits(facts: Facts) -> tuple[str | Markup, str | Markup]:
    if facts.watched is None:
        return "Nothing is watched yet, so that no incident can be found.", _missing(facts)
    return "No incident is open.", _watched(facts)


def _watched(facts: Facts) -> str:
    assert facts.watched is not None
    assert facts.version is not None
    features = len(facts.version.declaration.features) if facts.version.declaration else 0
    since = facts.watched.since
    begin = f"from {when(since)} " if since else ""
    return (
        f"Watched is every hour {begin}until {when(facts.watched.until)}:"
        f" {some('feature', features)} and the scores of version {facts.version.name}, its traffic"
        " by caller, and each day the outcomes that fell due."
    )


def _missing(facts: Facts) -> str | Markup:
    """What it waits for."""
    why = reference.missing(facts)
    if why is None:
        return "The first look comes with the first hour of predictions that is over."
    return Markup("{} {}").format(*why)


def _figure(facts: Facts, incident: Incident, at: int) -> Figure | None:
    if at >= PICTURES:
        return None
    found = first_course(incident, facts)
    return figure(found, incident, facts.window) if found is not None else None
