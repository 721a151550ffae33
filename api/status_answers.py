"""What the service says of itself, described for OpenAPI.

They describe; nothing is validated by them on its way out, for what is answered is made by us.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.http.answers import Responses, problem_responses
from api.http.problem_types import NOT_FOUND, NOT_READY


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


class ModelLink(BaseModel):
    """What lies between the trees' sum and the sigmoid: intercept + slope * sum."""

    intercept: float
    slope: float


class ModelDescription(BaseModel):
    """The answer of /model."""

    model_version: str
    schema_version: str
    threshold: float
    derived_from: str | None = Field(
        description="The version whose trees these are; null where the model was trained"
    )
    link: ModelLink | None = Field(description="null where the model was not recalibrated")
    trained_on_sample: bool
    data_source: str
    origin: Literal["verified", "not checked"] = Field(
        description="verified: signed by a key that this service accepts"
    )
    schema_: dict[str, Any] = Field(alias="schema", description="The data set's declaration")
    metrics: dict[str, Any] = Field(description="Measured on the held-out part")
    metadata: dict[str, Any] = Field(description="All of the bundle's metadata")


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
