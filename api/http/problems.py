"""A request that ends in an error, and its problem document (RFC 9457)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.responses import Response

from api.http.problem_types import MEDIA_TYPE, ProblemType


@dataclass(eq=False)
class Problem(Exception):
    """A request that ends in an error; `detail` says what to do and never quotes what was sent."""

    kind: ProblemType
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, Any] = field(default_factory=dict)
    """Further members of the document."""
    rules: Sequence[tuple[str, str]] = ()
    """Place and rule of each offence, for the log of refused requests."""


def document(problem: Problem, request_id: str) -> Response:
    """The problem as a problem document."""
    members = {
        "type": problem.kind.uri,
        "title": problem.kind.title,
        "status": problem.kind.status,
        "detail": problem.detail,
        "request_id": request_id,
        **problem.members,
    }
    return Response(
        orjson.dumps(members),
        status_code=problem.kind.status,
        headers=dict(problem.headers),
        media_type=MEDIA_TYPE,
    )
