"""/predict and /predict/batch: the hot path."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson
from anyio import to_thread
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api import headers
from api.answers import BATCH_RESPONSES, PREDICT_RESPONSES
from api.body import check_media_type, read_body
from api.state import RequestState, state_of
from contract.request import Values
from contract.scoring import decide
from db.log import Context, Stamp

ONE = "/predict"
MANY = "/predict/batch"

# A larger body would hold up the other requests (about 50 instances: half a millisecond).
INLINE_BYTES = 16_384


class Scored(NamedTuple):
    """A request that is ready to be logged and then answered."""

    lines: bytes
    rows: int
    answer: bytes


Compute = Callable[[RequestState, Context, bytes], Scored]


class HotRoute(APIRoute):
    """A route that is in the OpenAPI page like any other, but calls its endpoint directly.

    FastAPI's own way to the endpoint (dependencies, two exit stacks, response models) costs 17
    microseconds a request, a third of what scoring does, and these endpoints use none of it.
    """

    def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
        super().__init__(path, endpoint, methods=["POST"], **options)

        async def call(scope: Scope, receive: Receive, send: Send) -> None:
            response = await endpoint(Request(scope, receive, send))
            await response(scope, receive, send)

        self.app = call


async def predict(request: Request) -> Response:
    """Score one instance; the answer comes when it is in the prediction log."""
    return await _serve(request, ONE, _score_one)


async def predict_batch(request: Request) -> Response:
    """Score many instances, all or none of them; answered in their order, when all are logged."""
    return await _serve(request, MANY, _score_many)


async def _serve(request: Request, route: str, compute: Compute) -> Response:
    state = state_of(request)
    log = state["log"]
    log.admit(1)
    context = _context(state, route)
    declared = state["headers"].get(b"content-length", b"")
    body = await read_body(request, declared, state["settings"].max_body_bytes)
    if len(body) <= INLINE_BYTES:
        scored = compute(state, context, body)
    else:
        scored = await to_thread.run_sync(compute, state, context, body, limiter=state["scoring"])
    await log.append(scored.lines, scored.rows)
    return Response(scored.answer, media_type="application/json")


def _context(state: RequestState, route: str) -> Context:
    sent, model = state["headers"], state["model"]
    check_media_type(sent)
    return Context(
        request_id=state["request_id"],
        route=route,
        model_version=model.version,
        schema_version=model.schema.id,
        threshold=model.threshold,
        client_reference=headers.client_reference(sent),
        event_time=headers.event_time(sent),
        trace_id=headers.trace_id(sent),
    )


def _score_one(state: RequestState, context: Context, body: bytes) -> Scored:
    model = state["model"]
    values = model.request_model.parse(body)
    lines, (result,) = _record(state, context, [values])
    document = {**result, "threshold": model.threshold, "model_version": model.version}
    return Scored(lines, 1, orjson.dumps(document))


def _score_many(state: RequestState, context: Context, body: bytes) -> Scored:
    model = state["model"]
    rows = model.request_model.parse_batch(body)
    state["log"].admit(len(rows))
    lines, results = _record(state, context, rows)
    document = {
        "predictions": results,
        "threshold": model.threshold,
        "model_version": model.version,
    }
    return Scored(lines, len(rows), orjson.dumps(document))


def _record(
    state: RequestState, context: Context, rows: list[Values]
) -> tuple[bytes, list[dict[str, Any]]]:
    """Score the rows: their lines for the log, and what is answered of each."""
    model = state["model"]
    encode, threshold = model.row_format.encode, model.threshold
    probabilities = model.score(rows)
    duration = (time.perf_counter() - state["started"]) * 1000
    lines, results = [], []
    for index, (values, probability) in enumerate(zip(rows, probabilities, strict=True)):
        stamp, prediction = Stamp.now(), decide(probability, threshold)
        lines.append(
            encode(
                context,
                stamp,
                values,
                probability,
                prediction,
                duration_ms=duration,
                instance_index=index,
                batch_size=len(rows),
            )
        )
        results.append(
            {
                "prediction_id": stamp.prediction_id,
                "prediction": prediction,
                "probability": probability,
                "predicted_at": stamp.predicted_at,
            }
        )
    return b"".join(lines), results


ROUTES = [
    HotRoute(ONE, predict, summary="Score one instance", responses=PREDICT_RESPONSES),
    HotRoute(MANY, predict_batch, summary="Score many instances", responses=BATCH_RESPONSES),
]
