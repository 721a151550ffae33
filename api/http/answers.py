"""Errors described for OpenAPI, and the form of what a route says of its answers.

They describe; nothing is validated by them on its way out, for what is answered is made by us.
"""

from collections.abc import Callable, Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.http.problem_types import (
    HEADERS_TOO_LARGE,
    INTERNAL_ERROR,
    LOG_UNAVAILABLE,
    MALFORMED_REQUEST,
    MEDIA_TYPE,
    OUTCOMES_UNAVAILABLE,
    OVERLOADED,
    UNAUTHORIZED,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemType,
)

PROBLEM_SCHEMA = "Problem"


class FieldProblem(BaseModel):
    """One offending field."""

    pointer: str = Field(description="JSON pointer (RFC 6901) to the field")
    rule: Literal["missing", "unknown", "duplicate", "invalid", "conflict"]
    detail: str = Field(description="What is allowed")


class ProblemDocument(BaseModel):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(extra="allow", title=PROBLEM_SCHEMA)

    type: str = Field(description="Kind of the problem; readable at this path")
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[FieldProblem] = Field(default=[], description="Only with status 422 and 409")


Responses = dict[int | str, dict[str, Any]]

_RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}}
_HEADERS = {
    LOG_UNAVAILABLE: _RETRY_AFTER,
    OVERLOADED: _RETRY_AFTER,
    OUTCOMES_UNAVAILABLE: _RETRY_AFTER,
    UNAUTHORIZED: {
        "WWW-Authenticate": {"schema": {"type": "string"}, "description": "RFC 6750, section 3"}
    },
    UNSUPPORTED_MEDIA_TYPE: {
        "Accept": {"schema": {"type": "string"}, "description": "What is taken instead"}
    },
}


def problem_responses(*kinds: ProblemType) -> Responses:
    """The responses of these kinds, for a route's `responses`."""
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{PROBLEM_SCHEMA}"}}}
    return error_responses(kinds, {"content": content}, lambda kind: kind.status)


def error_responses(
    kinds: Iterable[ProblemType], form: dict[str, Any], status_of: Callable[[ProblemType], int]
) -> Responses:
    """The responses of these kinds in one form, and those that every route has."""
    responses: Responses = {}
    for kind in (*kinds, MALFORMED_REQUEST, HEADERS_TOO_LARGE, INTERNAL_ERROR):
        status = status_of(kind)
        title, sent = kind.title, _HEADERS.get(kind, {})
        if known := responses.get(status):
            title, sent = f"{known['description']}, or: {title}", known["headers"] | sent
        responses[status] = {"description": title, "headers": sent, **form}
    return responses
