"""Incidents for programs: `GET /api/incidents`, one of them, and the OpenAPI document of both."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from contract.text import is_printable
from monitor.incidents import reading
from monitor.incidents.documents import (
    IncidentDocument,
    IncidentsDocument,
    ProblemDocument,
    schema_of,
)
from monitor.incidents.incident import listed
from monitor.page.filters import Filters, FilterWrong
from monitor.problems import MEDIA_TYPE

_DAY = "20[0-9]{2}-[01][0-9]-[0-3][0-9]"
_MINUTE = "([01][0-9]|2[0-3]):[0-5][0-9]"
_TIME = f"{_MINUTE}(:[0-5][0-9]([.][0-9]{{1,6}})?)?(Z|[+-]{_MINUTE})"
AsOf = Annotated[
    str | None,
    Query(
        pattern=f"^{_DAY}(T{_TIME})?$",
        description="As it was known then: a day, which is its beginning, or a time with its zone,"
        " to the minute. Unset: as it is known now",
        examples=["2026-07-02", "2026-07-02T13:00Z"],
    ),
]
_PROBLEM = {"content": {MEDIA_TYPE: {"schema": schema_of(ProblemDocument)}}}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"description": "A key is wanted, and this is none", **_PROBLEM},
    421: {"description": "Called by another name than this machine's, without keys", **_PROBLEM},
    422: {"description": "A parameter is not what it may be", **_PROBLEM},
    500: {"description": "The monitor failed", **_PROBLEM},
    503: {"description": "Postgres does not answer", **_PROBLEM},
}
_NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"description": "There is none of this number, or was none then", **_PROBLEM}
}
_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
_TEXT = (
    "What the monitor found: changes that lasted, their causes, and whether anything is to be done."
    " Members may be added to any document; none changes its meaning."
)


class Asked(BaseModel):
    """Which incidents."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    as_of: AsOf = None
    state: Literal["open", "closed"] | None = None
    limit: Annotated[int, Field(ge=1, le=1000, description="At most so many, the newest")] = 100


def routes(*, guarded: bool) -> APIRouter:
    """The addresses; `guarded`: a key is wanted."""
    router = APIRouter(prefix="/api", responses=_PROBLEMS)

    @router.get("/incidents", response_model=IncidentsDocument)
    def incidents(request: Request, asked: Annotated[Asked, Query()]) -> Response:
        """Incidents that were opened, the newest first."""
        as_of = _moment(asked.as_of)
        if asked.version is not None and not is_printable(asked.version):
            raise HTTPException(422, "version: is the id of a version")
        with request.app.state.database.snapshot() as connection:
            found = reading.incidents(connection, as_of, asked.version)
        if asked.state is not None:
            is_open = asked.state == "open"
            found = [each for each in found if (each.closed_at is None) == is_open]
        return JSONResponse(listed(found[: asked.limit]))

    @router.get("/incidents/{incident_id}", response_model=IncidentDocument, responses=_NOT_FOUND)
    def incident(
        request: Request,
        incident_id: Annotated[int, Path(ge=1, le=reading.LARGEST, description="Its number")],
        as_of: AsOf = None,
    ) -> Response:
        """One of them."""
        moment = _moment(as_of)
        with request.app.state.database.snapshot() as connection:
            found = reading.incident(connection, incident_id, moment)
        if found is None:
            then = "" if moment is None else " then"
            raise HTTPException(404, f"there is no incident {incident_id}{then}")
        return JSONResponse(found.document())

    document = _document(router, guarded=guarded)

    @router.get("/openapi.json", include_in_schema=False)
    def openapi() -> Response:
        return JSONResponse(document)

    return router


def _document(router: APIRouter, *, guarded: bool) -> dict[str, Any]:
    """The OpenAPI document of what the router has so far."""
    made = get_openapi(title="Incidents", version="1", description=_TEXT, routes=router.routes)
    if guarded:
        made["components"]["securitySchemes"] = _SECURITY
        made["security"] = [{name: []} for name in _SECURITY]
    for item in made["paths"].values():
        for operation in item.values():
            del operation["responses"]["421" if guarded else "401"]
    return made


def _moment(text: str | None) -> datetime | None:
    """As the page reads it."""
    try:
        return None if text is None else Filters.parse({"as_of": text}).as_of
    except FilterWrong as error:
        raise HTTPException(422, str(error)) from error
