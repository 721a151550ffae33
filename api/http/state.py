"""What the lifespan opens and requests use."""

from typing import TYPE_CHECKING, Annotated, NotRequired, TypedDict, cast

from anyio import CapacityLimiter
from fastapi import Depends
from starlette.requests import Request

from api.http.error_form import ErrorForms
from api.http.gate import Gate
from api.http.guard import Guard
from api.http.keys import ApiKeys
from api.model.served import ServedModel
from api.model.serving import Serving
from api.settings import ApiSettings
from api.telemetry.access_log import AccessLog
from api.telemetry.metrics import Metrics
from api.telemetry.request import Timing
from db.log import PredictionLog
from outcomes.desk import OutcomeDesk

if TYPE_CHECKING:
    from api.telemetry.tracing import Tracing


class State(TypedDict):
    """Opened once, in the lifespan."""

    settings: ApiSettings
    serving: Serving
    log: PredictionLog
    access_log: AccessLog
    metrics: Metrics
    tracing: "Tracing | None"
    """None where no spans are wanted."""
    keys: ApiKeys
    gate: Gate
    guard: Guard
    error_forms: ErrorForms
    outcomes: OutcomeDesk
    outcomes_gate: Gate
    """Of their own, so that they cannot take the predictions' place."""
    scoring: CapacityLimiter
    """Threads that may score large requests at once."""


class RequestState(State):
    """The state as a request sees it, with what the envelope knows of the request."""

    model: ServedModel
    """The one for all of this request, whatever is switched meanwhile."""
    request_id: str
    started: float
    """`time.perf_counter` at the first sight of the request."""
    headers: dict[bytes, bytes]
    """Lower-case names; those that the service goes by were sent once."""
    timing: NotRequired[Timing]
    """Once it is scored."""


def state_of(request: Request) -> RequestState:
    """The request's state, typed."""
    return cast("RequestState", request.scope["state"])


async def _model(request: Request) -> ServedModel:
    return state_of(request)["model"]


async def _log(request: Request) -> PredictionLog:
    return state_of(request)["log"]


Model = Annotated[ServedModel, Depends(_model)]
Log = Annotated[PredictionLog, Depends(_log)]
