"""/v2: the protocol's routes."""

from functools import partial

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.http.body import check_media_type
from api.http.headers import Headers
from api.http.momentary import as_json
from api.http.problem_types import INVALID_HEADER, NOT_FOUND
from api.http.problems import Problem
from api.http.readiness import check_alive, check_ready
from api.http.route import HotRoute, Route
from api.http.state import Log, state_of
from api.model.served import ServedModel
from api.predictions.oip.answers import (
    INFER_RESPONSES,
    LIVE_RESPONSES,
    METADATA_RESPONSES,
    MODEL_READY_RESPONSES,
    MODEL_RESPONSES,
    READY_RESPONSES,
)
from api.predictions.oip.errors import ROOT
from api.predictions.oip.request import parse
from api.predictions.oip.tensors import answered, inputs, matrix_datatypes, outputs
from api.predictions.scoring import Call, Scored, score, serve

_MODEL = "/models/{model_name}"
_MODELS = (_MODEL, f"{_MODEL}/versions/{{model_version}}")
INFER = tuple(f"{ROOT}{path}/infer" for path in _MODELS)

# What goes past the protocol: null for a missing value, and all features in one tensor where there
# is a datatype for it.
_NULLS, _MATRIX = "null_elements", "matrix_input"

# A row may be as short as twenty bytes: a hundred of them take a millisecond and a half.
INLINE_BYTES = 2_048

_BINARY = b"inference-header-content-length"
# tritonclient and aiohttp declare JSON as nothing or as this.
_UNDECLARED = (b"", b"application/octet-stream")

router = APIRouter(prefix=ROOT, tags=["open inference protocol"], route_class=Route)


@router.get("", responses=METADATA_RESPONSES)
async def server_metadata(request: Request) -> Response:
    """Name and version of the service, and the extensions of the protocol that it has."""
    app = request.app
    schema = state_of(request)["model"].schema
    extensions = [_NULLS, _MATRIX] if matrix_datatypes(schema) else [_NULLS]
    return as_json({"name": app.title, "version": app.version, "extensions": extensions})


@router.get("/health/live", responses=LIVE_RESPONSES)
async def live(log: Log) -> Response:
    """200 while the process and its log's threads live; else only a restart helps."""
    check_alive(log)
    return as_json({"live": True})


@router.get("/health/ready", responses=READY_RESPONSES)
async def ready(log: Log) -> Response:
    """200 while the service can score and log."""
    check_ready(log)
    return as_json({"ready": True})


async def model_metadata(request: Request) -> Response:
    """The served version's tensors."""
    model = _served(request)
    return as_json(
        {
            "name": model.schema.key,
            "versions": [model.version],
            "platform": "treelite_checkpoint",
            "inputs": inputs(model.schema),
            "outputs": outputs(),
        }
    )


async def model_ready(request: Request, log: Log) -> Response:
    """200 while the model can score and its predictions can be logged."""
    model = _served(request)
    check_ready(log)
    return as_json({"name": model.schema.key, "ready": True})


async def infer(request: Request) -> Response:
    """Score 1 to MAX_BATCH_ROWS rows, all or none of them; answered when all are logged."""
    route, check = request.scope["route"].path, partial(_check, request)
    return await serve(request, route, _infer, check, inline_bytes=INLINE_BYTES)


def _infer(call: Call, body: bytes) -> Scored:
    model = call.state["model"]
    asked = parse(body, model.request_model, model.schema)
    said = call.said()
    if said.reference is None and asked.id:
        # Of a header no blank comes through at either end: a reference is the same by either door.
        said = said._replace(reference=asked.id.strip(" ") or None)
    lines, results = score(call.state, call.context(said), asked.rows)
    document = {
        "model_name": model.schema.key,
        "model_version": model.version,
        "id": asked.id,
        "outputs": [answered(name, results) for name in asked.outputs],
    }
    if asked.id is None:
        del document["id"]
    return Scored(lines, len(results), orjson.dumps(document))


def _check(request: Request, sent: Headers) -> None:
    _served(request)
    if _BINARY in sent:
        raise Problem(
            INVALID_HEADER,
            "binary tensors (Inference-Header-Content-Length) are not supported: send the data as"
            " JSON (binary_data=False)",
            rules=[("header:Inference-Header-Content-Length", INVALID_HEADER.name)],
        )
    if sent.get(b"content-type", b"") in _UNDECLARED:
        sent = {**sent, b"content-type": b"application/json"}
    check_media_type(sent)


def _served(request: Request) -> ServedModel:
    """The model that the path names; raises Problem where another is served."""
    model, named = state_of(request)["model"], request.path_params
    for parameter, served in (("model_name", model.schema.key), ("model_version", model.version)):
        if named.get(parameter, served) != served:
            raise Problem(
                NOT_FOUND,
                f"the model {model.schema.key} is served, in its version {model.version}, and no"
                " other",
                rules=[(f"path:{parameter}", NOT_FOUND.name)],
            )
    return model


for _path in _MODELS:
    router.get(_path, responses=MODEL_RESPONSES)(model_metadata)
    router.get(f"{_path}/ready", responses=MODEL_READY_RESPONSES)(model_ready)

ROUTES = [
    HotRoute(
        path,
        infer,
        tags=["open inference protocol"],
        summary="Score tensors",
        responses=INFER_RESPONSES,
    )
    for path in INFER
]
