"""The stable JSON of incidents, as OpenAPI tells it: what Incident.document() makes.

Members may be added, none changes its meaning.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from diagnosis.finding import Action, Cause, Ending, Reading

Interval = Annotated[list[datetime], Field(min_length=2, max_length=2)]
Pair = Annotated[list[float], Field(min_length=2, max_length=2)]


class Document(BaseModel):
    """Whoever reads it takes what it does not know."""

    model_config = ConfigDict(extra="allow")


class MovedDocument(Document):
    """One quantity that left its tolerance."""

    stream: str = Field(description="Its stable name, as `MonthlyIncome = missing`")
    from_: float = Field(alias="from", description="As it is usual, in units of `reading`")
    to: float = Field(description="Since the onset")
    reading: Reading
    column: str | None = Field(description="The feature that it is of")
    caller: str | None = Field(description="The caller whose rows it is of; null: of all")


class CandidateDocument(Document):
    """A cause that was tried."""

    cause: Cause
    columns: list[str]
    segment: dict[str, str] | None
    explains: float = Field(
        ge=0, le=1, description="Share of the movement that is gone when the cause is taken back"
    )
    refuted_by: str | None = Field(description="What speaks against it; null while it holds")
    because: str = Field(description="Why it holds")
    parameters: dict[str, float] = Field(description="What was fitted")


class DecidesDocument(Document):
    """The observation that would tell the remaining causes apart."""

    observation: str
    rows: int | None
    outcomes: int | None = Field(description="Further outcomes that are due and known")
    at: datetime | None = Field(description="About when, at the present rate")


class CostDocument(Document):
    """What the change costs, before and after, in `unit`."""

    unit: str
    expected: Pair | None = Field(description="By the scores alone, if P(y|x) is unchanged")
    measured: Pair | None = Field(description="On cases that are due")
    cases: int = Field(description="How many these are")


class DiagnosisDocument(Document):
    """What was concluded at a time; a later one is added, and none is changed."""

    cause: Cause
    columns: list[str]
    segment: dict[str, str] | None = Field(description='As {"caller": "mobile"}; null: all rows')
    secondary: list[CandidateDocument] = Field(description="What holds beside the cause")
    candidates: list[CandidateDocument]
    actionable: bool
    action: Action
    undetermined: bool = Field(description="Whether the data cannot tell")
    decides: DecidesDocument | None
    cost: CostDocument | None
    notes: list[str]
    at: datetime


class IncidentDocument(Document):
    """A lasting change, as it is known at a time. All times are business time, in UTC."""

    incident_id: int
    opened_at: datetime
    closed_at: datetime | None = Field(description="null while it is open")
    ending: Ending | None
    onset: datetime
    onset_interval: Interval = Field(description="Holds the onset with 95 % confidence")
    model_version: str
    moved: list[MovedDocument]
    diagnosis: DiagnosisDocument | None = Field(description="The latest; null before the first")
    history: list[DiagnosisDocument] = Field(description="All of them, from the first on")


class IncidentsDocument(Document):
    """Incidents, the newest first."""

    incidents: list[IncidentDocument]


class ProblemDocument(Document):
    """Why there is no other answer (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Its JSON schema, in one piece."""
    return model.model_json_schema(mode="serialization")
