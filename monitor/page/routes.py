"""The page's addresses: itself, the tables behind its charts, and its style sheet."""

import logging
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from db.log.errors import PostgresAway
from monitor.page import facts, outlook, rendering
from monitor.page.answers import csv_of, file_or_why, html, page_or_why, text, visitor
from monitor.page.content import Content, content
from monitor.page.filters import Filters
from monitor.page.incident import routes as incident_routes
from monitor.page.kept import kept_for

logger = logging.getLogger("monitor")

router = APIRouter(default_response_class=Response)
router.include_router(incident_routes.router)


@router.get("/", include_in_schema=False)
def page(request: Request) -> Response:
    """The page; 400 where the query string says what cannot be shown, 503 without Postgres."""
    return page_or_why(
        lambda: html(200, rendering.page(_content(request), visitor(request))), "The counts"
    )


@router.get("/tables/{name}.csv", include_in_schema=False)
def table(request: Request, name: str) -> Response:
    """The table behind a chart, by the same filters as the page."""

    def answer() -> Response:
        found = _content(request).table(name)
        if found is None:
            return text(
                404, "There is no such table now: it has no rows by these filters, or no such name."
            )
        return csv_of(found)

    return file_or_why(answer)


@router.get(rendering.STYLESHEET_PATH, include_in_schema=False)
def stylesheet() -> Response:
    """The style sheet, whose address changes with it."""
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(rendering.STYLESHEET, 200, kept, "text/css; charset=utf-8")


def _content(request: Request) -> Content:
    filters = Filters.parse(dict(request.query_params))
    database = request.app.state.database
    kept = kept_for(database)
    with database.snapshot() as connection:
        found = facts.read(connection, filters, datetime.now(UTC), kept.found)
        if not found.window.past:
            return content(found, outlook.read(connection, found, kept))
    try:
        with database.snapshot() as connection:
            return content(found, outlook.read(connection, found, kept))
    except PostgresAway as error:
        logger.warning("outcomes as of %s are not shown: %s", found.window.end, error)
        return content(found, outlook.too_long())
