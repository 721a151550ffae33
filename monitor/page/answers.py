"""Answers of the page: HTML, text, CSV; what a browser may do with them is said by the guard."""

import logging
from collections.abc import Callable

from fastapi import Request, Response

from db.log.errors import PostgresAway
from monitor.page import rendering
from monitor.page.figures import Table
from monitor.page.filters import FilterWrong
from monitor.page.tables import as_csv

logger = logging.getLogger("monitor")

_FRESH = {"Cache-Control": "no-store"}


def html(status: int, page: str) -> Response:
    """A page."""
    return Response(page, status, _FRESH, "text/html; charset=utf-8")


def text(status: int, sentence: str) -> Response:
    """A sentence."""
    return Response(sentence + "\n", status, _FRESH, "text/plain; charset=utf-8")


def csv_of(table: Table, name: str | None = None) -> Response:
    """A table, to be stored under its name or another."""
    disposition = {"Content-Disposition": f'attachment; filename="{name or table.name}.csv"'}
    return Response(as_csv(table), 200, _FRESH | disposition, "text/csv; charset=utf-8")


def visitor(request: Request) -> str | None:
    """Whoever the guard let in by a key (monitor.guard)."""
    found: str | None = getattr(request.state, "visitor", None)
    return found


def away(error: PostgresAway) -> str:
    """What is said without Postgres."""
    logger.warning("the page cannot be read from Postgres: %s", error)
    return (
        "Postgres cannot be reached, or refuses to work. Predictions go on; try again in a moment."
    )


def page_or_why(answer: Callable[[], Response], what: str) -> Response:
    """The answer, or a page that says why there is none of `what`: 400, or 503 without Postgres."""
    try:
        return answer()
    except FilterWrong as error:
        return html(400, rendering.refused("This cannot be shown", str(error)))
    except PostgresAway as error:
        return html(503, rendering.refused(f"{what} cannot be read now", away(error)))


def file_or_why(answer: Callable[[], Response]) -> Response:
    """The same of a file, in a sentence."""
    try:
        return answer()
    except FilterWrong as error:
        return text(400, str(error))
    except PostgresAway as error:
        return text(503, away(error))
