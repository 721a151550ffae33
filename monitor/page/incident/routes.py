"""Addresses of incidents: the list, each one, and their tables."""

import logging
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from db.log.errors import PostgresAway
from monitor.page import rendering
from monitor.page.answers import csv_of, file_or_why, html, page_or_why, text, visitor
from monitor.page.filters import Filters, FilterWrong
from monitor.page.incident import content, listing
from monitor.page.incident.content import IncidentPage
from monitor.page.kept import kept_for
from monitor.page.words import when

logger = logging.getLogger("monitor")

router = APIRouter(default_response_class=Response)

_INCIDENTS = "Incidents"


@router.get("/incidents", include_in_schema=False)
def incidents(request: Request) -> Response:
    """The list; 400 where the query string says what cannot be shown, 503 without Postgres."""
    return page_or_why(
        lambda: html(200, rendering.incidents(_listing(request), visitor(request))), _INCIDENTS
    )


@router.get("/incidents.csv", include_in_schema=False)
def incidents_csv(request: Request) -> Response:
    """The same as a table."""
    return file_or_why(lambda: csv_of(_listing(request).table))


@router.get("/incidents/{incident_id:int}", include_in_schema=False)
def incident(request: Request, incident_id: int) -> Response:
    """One of them; 404 where there is none of that number, or was none then."""

    def answer() -> Response:
        found = _incident(request, incident_id)
        if found is None:
            return html(404, rendering.refused(*_unknown(request, incident_id)))
        return html(200, rendering.incident(found, visitor(request)))

    return page_or_why(answer, _INCIDENTS)


@router.get("/incidents/{incident_id:int}/{name}.csv", include_in_schema=False)
def incident_csv(request: Request, incident_id: int, name: str) -> Response:
    """The table behind a picture of it."""

    def answer() -> Response:
        found = _incident(request, incident_id)
        if found is None:
            return text(404, " ".join(_unknown(request, incident_id)))
        table = found.table(name)
        if table is None:
            return text(404, "There is no such table of this incident.")
        return csv_of(table, f"incident-{incident_id}-{name}")

    return file_or_why(answer)


def _listing(request: Request) -> listing.Listing:
    asked = listing.Asked.parse(dict(request.query_params))
    with request.app.state.database.snapshot() as connection:
        return listing.read(connection, asked, datetime.now(UTC))


def _incident(request: Request, incident_id: int) -> IncidentPage | None:
    as_of = _as_of(request)
    database = request.app.state.database
    with database.snapshot() as connection:
        sources = content.read(
            connection, incident_id, as_of, datetime.now(UTC), kept_for(database).found
        )
        if sources is None:
            return None
        if not sources.past:
            return content.content(sources, content.read_due(connection, sources))
    try:
        with database.snapshot() as connection:
            return content.content(sources, content.read_due(connection, sources))
    except PostgresAway as error:
        logger.warning("outcomes as of %s are not shown: %s", sources.as_of, error)
        return content.content(sources, None)


def _as_of(request: Request) -> datetime | None:
    query = dict(request.query_params)
    if other := sorted(query.keys() - {"as_of"}):
        raise FilterWrong(f"An incident has no filter {', '.join(other)}; it has as_of.")
    return Filters.parse(query).as_of


def _unknown(request: Request, incident_id: int) -> tuple[str, str]:
    as_of = _as_of(request)
    then = f" by {when(as_of)}" if as_of else ""
    return (
        f"There was no incident {incident_id}{then}",
        "Incidents are numbered from 1 on as they are opened; the list has those there are.",
    )
