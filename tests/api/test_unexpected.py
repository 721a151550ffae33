"""An error that nobody foresaw, provoked by taking the model's trees away."""

import asyncio
import gc
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from api.main import create_app
from api.settings import ApiSettings
from contract.scoring import Scorer
from tests.api.predictions.test_oip import check_error, matrix
from tests.api.test_bad_input import check_problem
from tests.conftest import Database
from tests.gmsc import SCHEMA


@dataclass
class Outcome:
    response: httpx.Response
    tensors: httpx.Response
    """Of the same failure under the Open Inference Protocol."""
    lines: list[dict[str, Any]]


@pytest.fixture
def outcome(
    models: Path,
    log_database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Outcome:
    monkeypatch.setenv("DATABASE_URL", log_database.url("api"))
    monkeypatch.setenv("SPOOL_DIR", str(tmp_path / "spool"))
    settings = ApiSettings(models_dir=models, log_format="json")

    threshold = gc.get_threshold()
    try:
        response, tensors = asyncio.run(_answers_without_trees(settings))
    finally:
        # The service sets up the collector of its process, which here is that of the tests.
        gc.unfreeze()
        gc.set_threshold(*threshold)

    lines = capfd.readouterr().out.splitlines()
    return Outcome(response, tensors, [json.loads(line) for line in lines])


async def _answers_without_trees(
    settings: ApiSettings,
) -> tuple[httpx.Response, httpx.Response]:
    app = create_app(settings)
    async with app.router.lifespan_context(app) as lifespan_state:
        state = cast("dict[str, Any]", lifespan_state)
        broken = Scorer.__new__(Scorer)
        serving = state["serving"]
        serving.model = replace(serving.model, scorer=broken)

        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "state": dict(state)}, receive, send)

        transport = httpx.ASGITransport(served)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            instance = SCHEMA.example | {"DebtRatio": 0.987654321}
            return (
                await client.post("/predict", json=instance),
                await client.post("/v2/models/gmsc/infer", json=matrix([instance])),
            )


def test_it_is_a_problem_document_that_tells_nothing(outcome: Outcome) -> None:
    document = check_problem(outcome.response, 500, "internal-error")

    assert "Scorer" not in outcome.response.text
    assert "errors" not in document


def test_the_other_protocol_has_its_own_form_of_it(outcome: Outcome) -> None:
    error = check_error(outcome.tensors, 500)

    assert "Scorer" not in error


def test_the_log_has_its_place_under_the_request_id(outcome: Outcome) -> None:
    request_ids = [
        outcome.response.headers["x-request-id"],
        outcome.tensors.headers["x-request-id"],
    ]

    failed = [line for line in outcome.lines if line["event"] == "the request failed"]
    requests = [line for line in outcome.lines if line["event"] == "request"]

    assert [line["request_id"] for line in failed] == request_ids
    assert "scoring.py" in failed[0]["traceback"]
    assert "builtins.AttributeError" in failed[0]["traceback"]
    assert [(line["status"], line["level"]) for line in requests] == [(500, "error")] * 2
    assert all("0.987654321" not in str(line) for line in outcome.lines)
