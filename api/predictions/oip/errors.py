"""Errors in the protocol's own form."""

from http import HTTPStatus

import orjson
from starlette.responses import Response

from api.http.problem_types import INVALID_FIELDS, ProblemType
from api.http.problems import Problem

ROOT = "/v2"

_MAX_SHOWN = 10


def status_of(kind: ProblemType) -> int:
    """The protocol knows no 422: what breaks the rules of a request is a bad request."""
    return int(HTTPStatus.BAD_REQUEST) if kind is INVALID_FIELDS else kind.status


def error_object(problem: Problem) -> Response:
    """The problem as an object with one member, a sentence for people."""
    errors = problem.members.get("errors", ())
    told = [f"{item['pointer']}: {item['detail']}" for item in errors[:_MAX_SHOWN]]
    if len(errors) > _MAX_SHOWN:
        told.append(f"and {len(errors) - _MAX_SHOWN} more")
    text = "; ".join(told) or problem.detail
    return Response(
        orjson.dumps({"error": f"{problem.kind.title}: {text}"}),
        status_code=status_of(problem.kind),
        headers=dict(problem.headers),
        media_type="application/json",
    )
