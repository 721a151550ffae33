"""What the service says of itself: its health, its model."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.http.momentary import NOT_STORED, as_json
from api.http.problem_types import NOT_FOUND, NOT_READY, PREFIX, PROBLEM_TYPES
from api.http.problems import Problem
from api.http.readiness import check_alive, check_ready, reason
from api.http.route import Route
from api.http.state import Log, Model, state_of
from api.model.card import CARD, PAGE_HEADERS, PICTURES, Card
from api.model.served import ServedModel
from api.model.serving import Serving
from api.status_answers import (
    CARD_RESPONSES,
    HEALTH_RESPONSES,
    METRICS_RESPONSES,
    MODEL_RESPONSES,
    PICTURE_RESPONSES,
    PROBE_RESPONSES,
    PROBLEM_TYPE_RESPONSES,
)
from api.telemetry.metrics import MEDIA_TYPE
from db.log import LogStatus

router = APIRouter(route_class=Route)


@router.get("/health", tags=["status"], responses=HEALTH_RESPONSES)
async def health(request: Request, log: Log) -> Response:
    """State of the model and of the prediction log; 503 with the reason where it cannot serve."""
    status = log.status()
    report = _report(state_of(request)["serving"], status)
    if not status.can_log:
        raise Problem(NOT_READY, reason(status), members={"health": report})
    return as_json(report)


@router.get("/livez", tags=["status"], responses=PROBE_RESPONSES)
async def live(log: Log) -> Response:
    """200 while the process and its log's threads live; else only a restart helps."""
    check_alive(log)
    return as_json({"status": "ok"})


@router.get("/readyz", tags=["status"], responses=PROBE_RESPONSES)
async def ready(log: Log) -> Response:
    """200 while the service can score and log."""
    check_ready(log)
    return as_json({"status": "ok"})


@router.get("/metrics", tags=["status"], responses=METRICS_RESPONSES)
async def metrics(request: Request) -> Response:
    """Figures of all workers for Prometheus, whichever answers."""
    return Response(state_of(request)["metrics"].exposition(), media_type=MEDIA_TYPE)


@router.get("/model", tags=["model"], responses=MODEL_RESPONSES)
async def describe_model(model: Model) -> Response:
    """The served version: declaration of its data, metadata, metrics."""
    return as_json(model.describe())


@router.get("/model/card", tags=["model"], responses=CARD_RESPONSES)
async def model_card(request: Request, model: Model) -> Response:
    """The model card: a page for people; with `Accept: text/markdown` its source."""
    card = _card_of(model)
    headers = {**NOT_STORED, "Vary": "Accept"}
    if "text/markdown" in request.headers.get("accept", ""):
        return Response(card.markdown, headers=headers, media_type="text/markdown")
    return HTMLResponse(await card.page(), headers={**headers, **PAGE_HEADERS})


@router.get(f"/model/{PICTURES}/{{name}}", tags=["model"], responses=PICTURE_RESPONSES)
async def picture(name: str, request: Request, model: Model) -> Response:
    """A picture of the model card; as plain bytes for who accepts only those."""
    content = _card_of(model).pictures.get(name)
    if content is None:
        raise Problem(NOT_FOUND, "the model card has no such picture")
    plain = request.headers.get("accept") == "application/octet-stream"
    media_type = "application/octet-stream" if plain else "image/png"
    return Response(content, headers={**NOT_STORED, "Vary": "Accept"}, media_type=media_type)


@router.get(PREFIX + "{name}", tags=["status"], responses=PROBLEM_TYPE_RESPONSES)
async def problem_type(name: str) -> Response:
    """What a `type` of the problem documents means."""
    kind = PROBLEM_TYPES.get(name)
    if kind is None:
        raise Problem(NOT_FOUND, "there is no such kind of problem")
    return as_json(kind.describe())


@router.get("/", include_in_schema=False)
async def index(request: Request, model: Model) -> Response:
    """Where to go from here."""
    paths = ("docs", "openapi.json", "health", "model", "model/card")
    root = request.scope["root_path"]
    links = {path: f"{root}/{path}" for path in paths}
    return as_json({"model_version": model.version, "links": links})


def _report(serving: Serving, status: LogStatus) -> dict[str, Any]:
    model, refused = serving.model, serving.refused
    return {
        "status": "ok" if status.state == "normal" and refused is None else "degraded",
        "model_version": model.version,
        "schema_version": model.schema.id,
        "trained_on_sample": model.is_sample,
        "data_source": model.data_source,
        "refused_model": refused and refused._asdict(),
        "log": status.as_dict(),
    }


def _card_of(model: ServedModel) -> Card:
    if model.card is None:
        raise Problem(NOT_FOUND, f"the bundle of {model.version} holds no {CARD}")
    return model.card
