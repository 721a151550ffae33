"""Who has no key gets no prediction; whose key it was stands in the row."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import plain
from tests.api.service import ROOT, Service
from tests.api.test_bad_input import check_problem
from tests.conftest import Database
from tests.gmsc import SCHEMA

KEY = "a-key-that-nobody-else-has"
OTHER = "the-key-of-the-batch-job"


def entry(name: str, key: str) -> str:
    return f"{name}:{hashlib.sha256(key.encode()).hexdigest()}"


@pytest.fixture(scope="module")
def guarded(
    models: Path, log_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    path = tmp_path_factory.mktemp("guarded")
    keys = path / "keys"
    keys.write_text(
        f"# who may ask\n{entry('web', KEY)}\n{entry('batch.job-1', OTHER)}  # nightly\n"
    )
    settings = {
        "MODELS_DIR": str(models),
        "DATABASE_URL": log_database.url("api"),
        "API_KEYS_FILE": str(keys),
    }
    with Service(path, settings) as running:
        yield running


@pytest.mark.parametrize("path", ["/predict", "/predict/batch"])
@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ({}, 'Bearer realm="predictions"'),
        ({"X-API-Key": KEY + "x"}, 'Bearer realm="predictions", error="invalid_token"'),
        (
            {"Authorization": f"Bearer {KEY[:-1]}"},
            'Bearer realm="predictions", error="invalid_token"',
        ),
        ({"Authorization": f"Basic {KEY}"}, 'Bearer realm="predictions"'),
    ],
)
def test_without_an_accepted_key_nothing_is_answered(
    guarded: Service, path: str, headers: dict[str, str], challenge: str
) -> None:
    response = plain.post(guarded.url + path, json=SCHEMA.example, headers=headers)

    check_problem(response, 401, "unauthorized")
    assert response.headers["WWW-Authenticate"] == challenge


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"X-API-Key": KEY}, "web"),
        ({"Authorization": f"Bearer {KEY}"}, "web"),
        ({"Authorization": f"bearer  {OTHER}"}, "batch.job-1"),
        ({"Authorization": "Basic dXNlcjpwYXNz", "X-API-Key": OTHER}, "batch.job-1"),
    ],
)
def test_the_row_has_the_name_of_the_key(
    guarded: Service, log_database: Database, headers: dict[str, str], name: str
) -> None:
    response = plain.post(f"{guarded.url}/predict", json=SCHEMA.example, headers=headers)

    assert response.status_code == 200
    assert log_database.query(
        "SELECT api_key_name FROM prediction_log WHERE prediction_id = %s",
        response.json()["prediction_id"],
    ) == [(name,)]


def test_a_key_is_written_nowhere(guarded: Service) -> None:
    plain.post(f"{guarded.url}/predict", json=SCHEMA.example, headers={"X-API-Key": KEY})
    plain.post(f"{guarded.url}/predict", json=SCHEMA.example, headers={"X-API-Key": f"{KEY}!"})

    guarded.wait_for_line(event="request", status=401)
    assert KEY not in guarded.text


def test_what_tells_of_the_service_needs_no_key(guarded: Service) -> None:
    for path in ("/health", "/livez", "/readyz", "/metrics", "/model", "/openapi.json", "/docs"):
        assert plain.get(guarded.url + path).status_code == 200, path


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"API_KEYS": f"web:{KEY}"}, "entry 1 of API_KEYS is not NAME:HASH"),
        ({"API_KEYS": f"{entry('web', KEY)},{OTHER}"}, "entry 2 of API_KEYS is not NAME:HASH"),
        ({"API_KEYS": "# nobody"}, "API_KEYS is set and holds nothing"),
        ({"API_KEYS_FILE": "/nowhere/keys"}, "API_KEYS_FILE: cannot read /nowhere/keys"),
        ({"API_KEYS": entry("web", KEY), "API_KEYS_FILE": "keys"}, "are both set"),
    ],
)
def test_it_does_not_start_with_keys_that_it_cannot_read(
    models: Path, log_database: Database, tmp_path: Path, settings: dict[str, str], reason: str
) -> None:
    base = {"MODELS_DIR": str(models), "DATABASE_URL": log_database.url("api")}

    status, text = Service(tmp_path, base | settings).run()

    assert status == 1
    assert reason in text
    assert KEY not in text
    assert OTHER not in text
    assert "Traceback" not in text


def test_the_tool_makes_a_key_and_its_entry() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "api.keys", "web"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    key = made.stderr.split()[-1]
    assert made.stdout.strip() == entry("web", key)
    assert len(key) >= 43  # 256 bits


def test_the_tool_refuses_a_name_that_no_entry_can_have() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "api.keys", "a,b"], cwd=ROOT, capture_output=True, check=False
    )

    assert (made.returncode, made.stdout) == (2, b"")
