"""The protocol's documents, described for OpenAPI; see api/predictions/answers.py."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from api.http.answers import Responses, error_responses
from api.http.problem_types import NOT_FOUND, NOT_READY, ProblemType
from api.predictions.answers import PREDICTION_KINDS
from api.predictions.oip.errors import status_of
from api.predictions.oip.tensors import OutputName


class ServerMetadata(BaseModel):
    """The answer of /v2."""

    name: str
    version: str
    extensions: list[str] = Field(
        description="null_elements: null is a missing value, in the inputs that may miss it;"
        " matrix_input: all features in one tensor of shape [N, features], where one datatype"
        " holds them all"
    )


class ServerLive(BaseModel):
    """The service lives."""

    live: Literal[True]


class ServerReady(BaseModel):
    """The service can score and log."""

    ready: Literal[True]


class ModelReady(ServerReady):
    """The model can score, and its predictions can be logged."""

    name: str


class MetadataTensor(BaseModel):
    """A tensor that the model takes or gives; -1 is any number."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(BaseModel):
    """The served version's tensors."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[MetadataTensor]
    outputs: list[MetadataTensor]


class OutputTensor(BaseModel):
    """One value for each row, in their order."""

    name: OutputName
    shape: list[int] = Field(min_length=1, max_length=1)
    datatype: Literal["FP64", "INT64", "BYTES"]
    data: list[float | int | str]


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]  # it stands for leaving the member out


class InferenceResponse(BaseModel):
    """The answer of an inference request."""

    model_name: str
    model_version: str
    id: str = Field(
        default="",
        description="As it was sent; not there where none was",
        json_schema_extra=_without_default,
    )
    outputs: list[OutputTensor]


class InferenceError(BaseModel):
    """Every error of the protocol."""

    error: str = Field(description="What is wrong, where, and what is allowed")


def _responses(model: type[BaseModel], *kinds: ProblemType) -> Responses:
    return {200: {"model": model}, **error_responses(kinds, {"model": InferenceError}, status_of)}


METADATA_RESPONSES = _responses(ServerMetadata)
LIVE_RESPONSES = _responses(ServerLive, NOT_READY)
READY_RESPONSES = _responses(ServerReady, NOT_READY)
MODEL_RESPONSES = _responses(ModelMetadata, NOT_FOUND)
MODEL_READY_RESPONSES = _responses(ModelReady, NOT_FOUND, NOT_READY)
INFER_RESPONSES = _responses(InferenceResponse, *PREDICTION_KINDS, NOT_FOUND)
