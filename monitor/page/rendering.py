"""HTML of what a page says."""

import hashlib
from functools import cache
from pathlib import Path

import jinja2

from monitor.incidents.phrases import part
from monitor.page.charts import bar
from monitor.page.content import Content
from monitor.page.filters import NO_KEY, TITLES
from monitor.page.incident.address import Address
from monitor.page.incident.content import IncidentPage
from monitor.page.incident.listing import Listing
from monitor.page.sections.served import sample_notice
from monitor.page.words import day, iso, when

_HERE = Path(__file__).parent

STYLESHEET = (_HERE / "static" / "page.css").read_bytes()
STYLESHEET_PATH = f"/static/page-{hashlib.sha256(STYLESHEET).hexdigest()[:12]}.css"
"""Its address changes with it, so that a browser may keep it for ever."""

# Where the check of what is no section of its own leads to.
_PLACES = {"refusals": "traffic", "log": "traffic", "counts": "state"}


def page(content: Content, visitor: str | None = None) -> str:
    """The page; `visitor` is the name of whoever signed in, None where nobody needs to."""
    facts = content.facts
    choices, filters = facts.choices, facts.filters
    dataset = _dataset(content)
    return _rendered(
        "page.html",
        title=f"{content.headline.title}. {dataset}, {day(facts.window.end, year=True)}",
        content=content,
        outcomes=content.outcomes,
        performance=content.performance,
        address=filters,
        dataset=dataset,
        filters=filters,
        visitor=visitor,
        window=facts.window,
        round=facts.round,
        sample=sample_notice(facts),
        lasts=list(TITLES.items()),
        versions=_offered({choice.version for choice in choices}, filters.version),
        callers=_offered({choice.caller or NO_KEY for choice in choices}, filters.caller),
        routes=_offered({choice.route for choice in choices}, filters.route),
        places={check.id: _PLACES.get(check.id, check.id) for check in content.checks},
    )


def incident(page: IncidentPage, visitor: str | None = None) -> str:
    """The page of one incident."""
    one = page.sources.incident
    begin = f"Incident {one.incident_id}: {page.said.title}"
    return _rendered(
        "incident.html",
        title=f"{begin}. {page.sources.dataset}",
        page=page,
        said=page.said,
        sources=page.sources,
        address=Address(one.incident_id, page.sources.as_of if page.sources.past else None),
        visitor=visitor,
        dataset=page.sources.dataset,
        as_of=page.sources.as_of,
        open_incidents=page.sources.still_open,
        round=page.sources.round,
    )


def incidents(found: Listing, visitor: str | None = None) -> str:
    """The list of all."""
    return _rendered(
        "incidents.html",
        title=f"{found.head}. Incidents",
        found=found,
        asked=found.asked,
        visitor=visitor,
        dataset="Prediction service",
        as_of=found.as_of,
        open_incidents=found.still_open,
        round=found.round,
    )


def refused(title: str, reason: str) -> str:
    """The page in place of one that cannot be shown."""
    return _rendered("refused.html", title=title, reason=reason)


def _rendered(template: str, **values: object) -> str:
    return _environment().get_template(template).render(stylesheet=STYLESHEET_PATH, **values)


def _offered(names: set[str], chosen: str | None) -> list[str]:
    """What a filter offers: also what was asked for and is not there."""
    return sorted(names | ({chosen} if chosen else set()))


def _dataset(content: Content) -> str:
    version = content.facts.version
    if version is None or version.declaration is None:
        return "Prediction service"
    return version.declaration.title


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals |= {"bar": bar}
    environment.filters |= {"when": when, "iso": iso, "part": part}
    return environment
