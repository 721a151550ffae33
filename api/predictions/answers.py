"""The documents that the service answers with, described for OpenAPI.

They describe; nothing is validated by them on its way out, for what is answered is made by us.
"""

from collections.abc import Callable, Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.http.problem_types import (
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    CROSS_SITE,
    HEADERS_TOO_LARGE,
    INTERNAL_ERROR,
    INVALID_FIELDS,
    INVALID_HEADER,
    LOG_UNAVAILABLE,
    MALFORMED_BODY,
    MALFORMED_REQUEST,
    MEDIA_TYPE,
    NOT_FOUND,
    NOT_READY,
    OVERLOADED,
    UNAUTHORIZED,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemType,
)

PROBLEM_SCHEMA = "Problem"

_PREDICTION_ID = "0199a1b2-c3d4-7e5f-8a6b-0c1d2e3f4a5b"
_PREDICTED_AT = "2026-11-23T13:11:10.123Z"


class Scored(BaseModel):
    """The answer for one instance."""

    prediction_id: str = Field(
        description="UUID of version 7, the key of the row in the prediction log",
        json_schema_extra={"format": "uuid"},
        examples=[_PREDICTION_ID],
    )
    prediction: Literal[0, 1] = Field(description="1 where the probability reaches the threshold")
    probability: float = Field(ge=0, le=1, description="Unrounded, as it stands in the log")
    predicted_at: str = Field(
        description="UTC, exactly the millisecond inside the prediction_id",
        json_schema_extra={"format": "date-time"},
        examples=[_PREDICTED_AT],
    )


class Prediction(Scored):
    """The answer of /predict."""

    threshold: float = Field(description="Probability from which the prediction is 1")
    model_version: str = Field(description="The version that scored it")


class BatchPrediction(BaseModel):
    """The answer of /predict/batch."""

    predictions: list[Scored] = Field(description="One for each instance, in their order")
    threshold: float = Field(description="Probability from which a prediction is 1")
    model_version: str = Field(description="The version that scored all of them")


class LogHealth(BaseModel):
    """The prediction log's state; more members may come."""

    model_config = ConfigDict(extra="allow")

    state: str = Field(description="normal where rows reach Postgres before the answer")
    since: str = Field(description="When that state was first seen")
    reason: str | None = Field(None, description="Why the state is not normal")


class Probe(BaseModel):
    """The answer of a probe that is content."""

    status: Literal["ok"]


class ProblemMeaning(BaseModel):
    """What a `type` of problem documents means."""

    type: str
    status: int
    title: str
    meaning: str = Field(description="What a client does about it")


class RefusedModel(BaseModel):
    """A version that is active and is not served."""

    version: str
    reason: str = Field(description="Why it cannot be served, and what to do")
    since: str = Field(description="When it was refused")


class Health(BaseModel):
    """The answer of /health where the service can serve."""

    status: Literal["ok", "degraded"] = Field(
        description="degraded: it serves; see log.state and refused_model"
    )
    model_version: str
    schema_version: str
    trained_on_sample: bool = Field(description="Whether the model is only good for trying it out")
    data_source: str
    refused_model: RefusedModel | None = Field(
        description="The version that was made active and is refused; the one above stays"
    )
    log: LogHealth


class ModelDescription(BaseModel):
    """The answer of /model."""

    model_version: str
    schema_version: str
    threshold: float
    trained_on_sample: bool
    data_source: str
    origin: Literal["verified", "not checked"] = Field(
        description="verified: signed by a key that this service accepts"
    )
    schema_: dict[str, Any] = Field(alias="schema", description="The data set's declaration")
    metrics: dict[str, Any] = Field(description="Measured on the held-out part")
    metadata: dict[str, Any] = Field(description="All of the bundle's metadata")


class FieldProblem(BaseModel):
    """One offending field."""

    pointer: str = Field(description="JSON pointer (RFC 6901) to the field")
    rule: Literal["missing", "unknown", "duplicate", "invalid"]
    detail: str = Field(description="What is allowed")


class ProblemDocument(BaseModel):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(extra="allow", title=PROBLEM_SCHEMA)

    type: str = Field(description="Kind of the problem; readable at this path")
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[FieldProblem] = Field(default=[], description="Only with status 422")


Responses = dict[int | str, dict[str, Any]]

_RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}}
_HEADERS = {
    LOG_UNAVAILABLE: _RETRY_AFTER,
    OVERLOADED: _RETRY_AFTER,
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


PREDICTION_KINDS = (
    MALFORMED_BODY,
    INVALID_HEADER,
    UNAUTHORIZED,
    CROSS_SITE,
    BODY_TOO_SLOW,
    BODY_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    INVALID_FIELDS,
    LOG_UNAVAILABLE,
    OVERLOADED,
)
"""What can go wrong with a request for predictions, whatever the protocol."""

_PREDICTION_PROBLEMS = problem_responses(*PREDICTION_KINDS)

PREDICT_RESPONSES = {200: {"model": Prediction}, **_PREDICTION_PROBLEMS}
BATCH_RESPONSES = {200: {"model": BatchPrediction}, **_PREDICTION_PROBLEMS}
HEALTH_RESPONSES = {200: {"model": Health}, **problem_responses(NOT_READY)}
PROBE_RESPONSES = {200: {"model": Probe}, **problem_responses(NOT_READY)}
PROBLEM_TYPE_RESPONSES = {200: {"model": ProblemMeaning}, **problem_responses(NOT_FOUND)}
MODEL_RESPONSES = {200: {"model": ModelDescription}, **problem_responses()}
METRICS_RESPONSES: Responses = {
    200: {
        "description": "Prometheus' text format",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    },
}

CARD_RESPONSES: Responses = {
    200: {
        "description": "The card",
        "content": {
            "text/html": {"schema": {"type": "string"}},
            "text/markdown": {"schema": {"type": "string"}},
        },
    },
    **problem_responses(NOT_FOUND),
}
_BYTES = {"type": "string", "format": "binary"}
PICTURE_RESPONSES: Responses = {
    200: {
        "description": "The picture",
        # By their general name as well: not every generator of clients knows pictures.
        "content": {kind: {"schema": _BYTES} for kind in ("image/png", "application/octet-stream")},
    },
    **problem_responses(NOT_FOUND),
}
