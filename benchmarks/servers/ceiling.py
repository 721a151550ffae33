"""The ceiling: the bare framework. It checks the request, scores nothing and logs nothing."""

from fastapi import FastAPI, Response

from benchmarks.servers.instance import Answer, Instance

ANSWER = Answer(
    prediction_id="0199a1b2-c3d4-7e5f-8a6b-0c1d2e3f4a5b",
    prediction=0,
    probability=0.08567691692359003,
    predicted_at="2026-11-23T13:11:10.123Z",
    threshold=0.1984449580433805,
    model_version="gmsc-f0cde0e6faf0",
)
_BODY = ANSWER.model_dump_json().encode()

app = FastAPI()


@app.post("/predict")
async def predict(_instance: Instance) -> Response:
    """Answer the same whatever is asked; ready bytes, for that is the fastest way there is."""
    return Response(_BODY, media_type="application/json")
