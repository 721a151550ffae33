"""The answers about outcomes, described for OpenAPI.

They describe; nothing is validated by them on its way out, for what is answered is made by us.
"""

from typing import Literal

from pydantic import BaseModel, Field

from api.http.answers import problem_responses
from api.http.problem_types import (
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    CONFLICT,
    CROSS_SITE,
    INVALID_FIELDS,
    INVALID_PARAMETER,
    MALFORMED_BODY,
    NOT_FOUND,
    OUTCOMES_UNAVAILABLE,
    OVERLOADED,
    UNAUTHORIZED,
    UNSUPPORTED_MEDIA_TYPE,
)

# fmt: off
State = Literal[
    "immature", "early_bad", "good", "bad", "overdue", "unobservable", "retracted", "contested"
]
# fmt: on


class Reported(BaseModel):
    """The answer to reports."""

    outcomes: list[Literal["stored", "duplicate", "superseded", "pending"]] = Field(
        description="What became of each report, in their order. duplicate: it was known already;"
        " superseded: another report of its subject goes before it; pending: its prediction is not"
        " known yet, and it counts when that comes"
    )


class OutcomeState(BaseModel):
    """A prediction and what was known of its outcome."""

    prediction_id: str
    predicted_at: str
    client_reference: str | None
    model_version: str
    schema_version: str
    probability: float
    prediction: Literal[0, 1]
    business_time: str = Field(description="The caller's event time, else predicted_at")
    outcome_due: str | None = Field(description="Before it the outcome is not judged")
    state: State
    outcome: Literal[0, 1] | None = Field(description="Only where it can be judged")
    reported_state: str | None = Field(description="What the report says that goes first")
    reported_outcome: Literal[0, 1] | None
    observed_at: str | None
    source: str | None
    event_key: str | None
    revision: int | None
    reports: int = Field(description="How many there were")


class OutcomeReport(BaseModel):
    """A report as it is kept."""

    prediction_id: str | None
    client_reference: str | None
    source: str
    event_key: str
    state: Literal["final", "interim", "retracted", "unobservable"]
    outcome: Literal[0, 1] | None
    revision: int
    observed_at: str
    received_at: str = Field(description="When it was stored")


class KnownOutcomes(BaseModel):
    """The answer about a subject."""

    prediction_id: str | None
    reference: str | None
    as_of: str = Field(
        description="Asked again with this time, the answer is the same",
        json_schema_extra={"format": "date-time"},
    )
    predictions: list[OutcomeState] = Field(description="The latest first, at most 1,000")
    reports: list[OutcomeReport] = Field(
        description="Those received by then, the one that goes first at the top, at most 1,000"
    )


REPORT_RESPONSES = {
    200: {"model": Reported},
    **problem_responses(
        *(MALFORMED_BODY, UNAUTHORIZED, CROSS_SITE, BODY_TOO_SLOW, CONFLICT, BODY_TOO_LARGE),
        *(UNSUPPORTED_MEDIA_TYPE, INVALID_FIELDS, OUTCOMES_UNAVAILABLE, OVERLOADED),
    ),
}
SUBJECT_RESPONSES = {
    200: {"model": KnownOutcomes},
    # Not found is the router's answer: a line break is in no path.
    **problem_responses(
        INVALID_PARAMETER, UNAUTHORIZED, NOT_FOUND, OUTCOMES_UNAVAILABLE, OVERLOADED
    ),
}
