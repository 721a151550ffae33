"""/predict and /predict/batch: the service's own protocol."""

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.http.route import HotRoute
from api.predictions.answers import BATCH_RESPONSES, PREDICT_RESPONSES
from api.predictions.scoring import Call, Scored, score, serve

ONE = "/predict"
MANY = "/predict/batch"


async def predict(request: Request) -> Response:
    """Score one instance; the answer comes when it is in the prediction log."""
    return await serve(request, ONE, _score_one)


async def predict_batch(request: Request) -> Response:
    """Score many instances, all or none of them; answered in their order, when all are logged."""
    return await serve(request, MANY, _score_many)


def _score_one(call: Call, body: bytes) -> Scored:
    model = call.state["model"]
    context = call.context(call.said())
    values = model.request_model.parse(body)
    lines, (result,) = score(call.state, context, [values])
    document = {
        **result._asdict(),
        "threshold": model.threshold,
        "model_version": model.version,
    }
    return Scored(lines, 1, orjson.dumps(document))


def _score_many(call: Call, body: bytes) -> Scored:
    model = call.state["model"]
    said = call.said()
    rows, cases = model.request_model.parse_cases(body)
    contexts = [call.context(said, own) for own in cases] or call.context(said)
    lines, results = score(call.state, contexts, rows)
    document = {
        "predictions": [result._asdict() for result in results],
        "threshold": model.threshold,
        "model_version": model.version,
    }
    return Scored(lines, len(rows), orjson.dumps(document))


ROUTES = [
    HotRoute(ONE, predict, summary="Score one instance", responses=PREDICT_RESPONSES),
    HotRoute(MANY, predict_batch, summary="Score many instances", responses=BATCH_RESPONSES),
]
