"""What the service answers when the prediction log cannot take a row."""

import json
import time
from pathlib import Path

import httpx
import pytest

from tests import plain
from tests.api.service import Service
from tests.api.test_bad_input import check_problem
from tests.conftest import Database
from tests.gmsc import SCHEMA

NOWHERE = "postgresql://api:x@127.0.0.1:1/mlops"


def wait_for(client: httpx.Client, path: str, status: int) -> httpx.Response:
    deadline = time.monotonic() + 20
    while (response := client.get(path)).status_code != status:
        assert time.monotonic() < deadline, response.text
        time.sleep(0.05)
    return response


@pytest.fixture
def settings(models: Path) -> dict[str, str]:
    return {"MODELS_DIR": str(models), "DATABASE_URL": NOWHERE}


def test_without_postgres_it_answers_out_of_the_spool_and_says_so(
    settings: dict[str, str], tmp_path: Path
) -> None:
    with Service(tmp_path, settings) as service, plain.Client(base_url=service.url) as client:
        answer = client.post("/predict", json=SCHEMA.example)
        report = wait_for(client, "/health", 200).json()

        assert answer.status_code == 200
        assert report["status"] == "degraded"
        assert report["log"]["state"] == "postgres_away"
        assert client.get("/readyz").status_code == 200


def test_without_postgres_and_spool_it_refuses_and_recovers_by_itself(
    settings: dict[str, str], tmp_path: Path, models: Path
) -> None:
    spool = tmp_path / "spool"
    spool.write_text("a file where a directory should be")

    with Service(tmp_path, settings) as service, plain.Client(base_url=service.url) as client:
        refused = client.post("/predict", json=SCHEMA.example)
        document = check_problem(refused, 503, "log-unavailable")
        assert int(refused.headers["retry-after"]) >= 1
        assert str(tmp_path) not in document["detail"]

        # Before anything is parsed: whatever the body, the answer is the same.
        early = client.post("/predict", content=b"{", headers={"Content-Type": "text/plain"})
        check_problem(early, 503, "log-unavailable")
        batch = client.post("/predict/batch", json={"instances": [SCHEMA.example] * 100})
        check_problem(batch, 503, "log-unavailable")

        document = check_problem(wait_for(client, "/health", 503), 503, "not-ready")
        assert document["health"]["log"]["state"] == "unavailable"
        assert document["health"]["model_version"]
        check_problem(client.get("/readyz"), 503, "not-ready")
        assert client.get("/livez").status_code == 200
        assert client.get("/model").status_code == 200

        spool.unlink()
        wait_for(client, "/readyz", 200)
        assert client.post("/predict", json=SCHEMA.example).status_code == 200


def test_the_most_rows_of_a_batch_are_a_setting(
    models: Path, log_database: Database, tmp_path: Path
) -> None:
    settings = {
        "MODELS_DIR": str(models),
        "DATABASE_URL": log_database.url("api"),
        "MAX_BATCH_ROWS": "10",
        "LOG_MAX_ROWS_IN_FLIGHT": "10",
    }
    body = json.dumps({"instances": [SCHEMA.example] * 11})

    with Service(tmp_path, settings) as service:
        response = plain.post(
            f"{service.url}/predict/batch",
            content=body,
            headers={"Content-Type": "application/json"},
        )

    errors = check_problem(response, 422, "invalid-fields")["errors"]
    assert errors[0]["detail"] == "must be an array of 1 to 10 objects"
