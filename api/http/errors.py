"""The one place that maps errors to problems."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.http.problem_types import (
    INVALID_FIELDS,
    LOG_UNAVAILABLE,
    MALFORMED_BODY,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    ProblemType,
)
from api.http.problems import Problem
from api.http.state import state_of
from contract.document import InvalidFields, MalformedBody
from db.log import LogUnavailable

_BY_STATUS = {kind.status: kind for kind in (NOT_FOUND, METHOD_NOT_ALLOWED)}


async def handle(request: Request, error: Exception) -> Response:
    """Answer an error that the application knows."""
    if isinstance(error, HTTPException) and request.method == "OPTIONS" and error.headers:
        # What the path understands, for whoever asks; without it the router says 405.
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=dict(error.headers))
    state = state_of(request)
    problem = _problem_of(error)
    response = state["error_forms"].answer(problem, request.scope, state["request_id"])
    if problem.rules:
        state["log"].reject(
            state["request_id"],
            request.scope["route"].path,
            response.status_code,
            problem.rules,
            state["model"].version,
        )
    return response


def _problem_of(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case MalformedBody():
            return Problem(MALFORMED_BODY, str(error), rules=[("", MALFORMED_BODY.name)])
        case InvalidFields():
            return _invalid_fields(error)
        case LogUnavailable():
            # The log's own reason names paths and hosts: that is for /health and the operator.
            headers = {"Retry-After": str(error.retry_after)}
            return Problem(LOG_UNAVAILABLE, "no row can be logged now; /health says why", headers)
        case HTTPException():
            headers = dict(error.headers or {})
            kind = _BY_STATUS.get(error.status_code) or ProblemType.plain(error.status_code)
            return Problem(kind, kind.meaning, headers)
    raise error


def _invalid_fields(error: InvalidFields) -> Problem:
    errors = [
        {"pointer": item.pointer, "rule": item.rule, "detail": item.detail} for item in error.errors
    ]
    count = len(errors)
    detail = f"{count} {'field breaks' if count == 1 else 'fields break'} the rules of the request"
    return Problem(
        INVALID_FIELDS,
        detail,
        members={"errors": errors},
        rules=[(item.pointer, item.rule) for item in error.errors],
    )


HANDLED = (Problem, MalformedBody, InvalidFields, LogUnavailable, HTTPException)
