"""The answers to requests for predictions, described for OpenAPI.

They describe; nothing is validated by them on its way out, for what is answered is made by us.
"""

from typing import Literal

from pydantic import BaseModel, Field

from api.http.answers import problem_responses
from api.http.problem_types import (
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    CROSS_SITE,
    INVALID_FIELDS,
    INVALID_HEADER,
    LOG_UNAVAILABLE,
    MALFORMED_BODY,
    OVERLOADED,
    UNAUTHORIZED,
    UNSUPPORTED_MEDIA_TYPE,
)

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
