"""Which open incidents a section speaks of, with their links."""

from collections.abc import Callable, Iterable, Iterator

from markupsafe import Markup

from diagnosis.finding import Moved
from monitor.incidents.action_words import state
from monitor.incidents.incident import Incident
from monitor.incidents.phrases import MISSING
from monitor.incidents.stream import Stream
from monitor.incidents.words import title
from monitor.page.facts import Facts
from monitor.page.figures import State
from monitor.page.incident.address import Address

_OF_QUALITY = {"missing", "code", "imputed", "other_fault"}
_ORDER: dict[State, int] = {"act": 0, "ask": 1, "known": 2, "ok": 3}
_ABOUT_SCORES = ("score", "mean score")


def ordered(incidents: Iterable[Incident]) -> list[Incident]:
    """Action due first, then undetermined, explained, closed; the newest of each first."""

    def key(one: Incident) -> tuple[int, float, int]:
        return _ORDER[state(one)], -one.opened_at.timestamp(), -one.incident_id

    return sorted(incidents, key=key)


def of_features(facts: Facts) -> list[Incident]:
    """Those in which a feature moved."""
    return _open(facts, lambda one: bool(_columns(one)))


def of_feature(facts: Facts, name: str) -> list[Incident]:
    """Those in which this one moved."""
    return _open(facts, lambda one: name in _columns(one))


def of_scores(facts: Facts) -> list[Incident]:
    """Those in which the scores moved, or are not the version's."""
    return _open(
        facts,
        lambda one: (
            one.cause == "model_swap"
            or any(Stream.of(each.stream).what in _ABOUT_SCORES for each in one.moved)
        ),
    )


def of_quality(facts: Facts) -> list[Incident]:
    """Those of values that are missing, codes, or beyond what training knew."""
    return _open(
        facts,
        lambda one: one.cause in _OF_QUALITY or any(_is_quality(each) for each in one.moved),
    )


def verdict(facts: Facts, found: list[Incident]) -> tuple[State, str]:
    """The state of a section's check, and how its sentence begins."""
    if found:
        return state(found[0]), f"Incident {found[0].incident_id}, {title(found[0])}. "
    if facts.watched is None:
        return "shown", "Not tested: "
    return "ok", "No incident: "


def sentence(facts: Facts, found: list[Incident]) -> Markup:
    """Which are open, each a link; empty of none."""
    links = [
        Markup('<a href="{}">incident {}</a>, {}').format(
            Address(one.incident_id, facts.filters.as_of).page(), one.incident_id, title(one)
        )
        for one in found
    ]
    return Markup("Open: {}.").format(Markup("; ").join(links)) if links else Markup()


def note(facts: Facts, name: str) -> Markup:
    """Below a feature's chart."""
    links = [
        Markup('<a href="{}">{}</a>').format(
            Address(one.incident_id, facts.filters.as_of).page(), one.incident_id
        )
        for one in of_feature(facts, name)
    ]
    if not links:
        return Markup()
    noun = "Incident" if len(links) == 1 else "Incidents"
    return Markup("<br>{} {}").format(noun, Markup(", ").join(links))


def _open(facts: Facts, concerns: Callable[[Incident], bool]) -> list[Incident]:
    name = facts.version.name if facts.version else None
    return ordered(
        one
        for one in facts.incidents
        if one.closed_at is None and one.model_version == name and concerns(one)
    )


def _columns(incident: Incident) -> set[str]:
    return {
        *_named(incident),
        *(each.column for each in incident.moved if each.column and not _is_outcome(each)),
    }


def _named(incident: Incident) -> Iterator[str]:
    if incident.latest is not None:
        yield from incident.latest.columns


def _is_outcome(moved: Moved) -> bool:
    return moved.reading != "share" or Stream.of(moved.stream).what != moved.column


def _is_quality(moved: Moved) -> bool:
    stream = Stream.of(moved.stream)
    return stream.value == MISSING or stream.beyond
