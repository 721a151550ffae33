"""The request model by plain pydantic, from the same declaration as the api's."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from contract.feature import Feature
from tests.gmsc import SCHEMA


def _field(feature: Feature) -> Any:
    kind: Any = int if feature.kind == "integer" else float
    bounds = Field(alias=feature.name, ge=feature.minimum, le=feature.maximum)
    return (Annotated[kind | None if feature.nullable else kind, bounds], ...)


FIELDS: dict[str, Any] = {feature.column: _field(feature) for feature in SCHEMA.features}

# A type made at run time is beyond what a type checker can follow.
Instance: Any = create_model("Instance", __config__=ConfigDict(extra="forbid"), **FIELDS)


class Answer(BaseModel):
    """What /predict answers, as the api's."""

    prediction_id: str
    prediction: int
    probability: float
    predicted_at: str
    threshold: float
    model_version: str
