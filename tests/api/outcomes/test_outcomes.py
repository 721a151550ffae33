"""Reports over HTTP: all or nothing, answered when they are committed, and asked again."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

from tests import plain
from tests.api.service import Service
from tests.api.test_bad_input import check_problem
from tests.conftest import Database
from tests.gmsc import SCHEMA

NOW = datetime.now(UTC)


def report(**values: Any) -> dict[str, Any]:
    return {
        "reference": "case",
        "source": "core",
        "event_key": str(uuid4()),
        "outcome": 1,
        "observed_at": datetime.now(UTC).isoformat(),
    } | values


def send(client: httpx.Client, *reports: dict[str, Any]) -> httpx.Response:
    return client.post("/outcomes", json={"outcomes": reports})


def answers(client: httpx.Client, *reports: dict[str, Any]) -> list[str]:
    response = send(client, *reports)
    assert response.status_code == 200, response.text
    found: list[str] = response.json()["outcomes"]
    return found


def known(client: httpx.Client, subject: str, **query: str) -> dict[str, Any]:
    response = client.get(f"/outcomes/{subject}", params=query)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def predict(client: httpx.Client, reference: str, **headers: str) -> str:
    sent = {"X-Client-Reference": reference} | headers
    answer = client.post("/predict", json=SCHEMA.example, headers=sent)
    return str(answer.json()["prediction_id"])


def count(database: Database) -> int:
    return int(database.query("SELECT count(*) FROM outcome_event")[0][0])


def test_each_report_is_answered_with_what_became_of_it(client: httpx.Client) -> None:
    reference = str(uuid4())
    prediction = predict(client, reference)
    first = report(prediction_id=prediction, reference=None)
    later = report(prediction_id=prediction, outcome=0, revision=1, reference=None)

    assert answers(client, first, report(reference=str(uuid4()))) == ["stored", "pending"]
    assert answers(client, later, first, later) == ["stored", "duplicate", "duplicate"]
    earlier = first | {"event_key": "2"}
    assert answers(client, earlier, report(reference=reference)) == ["superseded", "stored"]


def test_what_is_known_of_a_subject_is_shown_and_was_known_before(client: httpx.Client) -> None:
    reference = f"loan 12/{uuid4()}"
    prediction = predict(client, reference)
    answers(client, report(reference=reference, outcome=0))
    before = known(client, reference)

    answers(client, report(prediction_id=prediction, reference=None, revision=1))
    after = known(client, prediction)

    assert [seen["state"] for seen in before["predictions"]] == ["immature"]
    assert [seen["outcome"] for seen in before["reports"]] == [0]
    assert after["predictions"][0]["prediction_id"] == prediction
    # The declaration's two years are not over: a bad outcome counts at once.
    assert (after["predictions"][0]["state"], after["predictions"][0]["outcome"]) == (
        "early_bad",
        1,
    )
    assert [seen["outcome"] for seen in after["reports"]] == [1, 0]
    assert known(client, reference, as_of=before["as_of"]) == before
    assert known(client, str(uuid4()))["predictions"] == []


def test_a_reference_that_looks_like_an_id_is_asked_for_as_one(client: httpx.Client) -> None:
    reference = predict(client, "other")
    answers(client, report(reference=reference))

    assert known(client, reference)["reports"] == []
    assert len(known(client, reference, kind="reference")["reports"]) == 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{}", [("/outcomes", "missing")]),
        (b"[]", [("", "invalid")]),
        (b'{"outcomes": []}', [("/outcomes", "invalid")]),
        (b'{"outcomes": [1, {}]}', None),
        (b'{"outcomes": [], "outcomes": []}', None),
    ],
)
def test_a_body_that_holds_no_reports_is_refused(
    client: httpx.Client, body: bytes, expected: list[tuple[str, str]] | None
) -> None:
    response = client.post("/outcomes", content=body, headers={"Content-Type": "application/json"})

    check_problem(response, 422, "invalid-fields")
    found = [(error["pointer"], error["rule"]) for error in response.json()["errors"]]
    assert expected is None or found == expected
    assert all(pointer == "" or pointer.startswith("/outcomes") for pointer, _ in found)


def test_every_wrong_field_is_named_and_nothing_is_stored(
    client: httpx.Client, log_database: Database
) -> None:
    before = count(log_database)
    body = orjson.dumps(
        {
            "outcomes": [
                report(),
                report(observed_at="2026-03-01T10:00:00", outcome=True),
                report(prediction_id=str(uuid4()), reference=None, secret="x"),
                report(observed_at=(NOW + timedelta(days=1)).isoformat()),
            ]
        }
    ).replace(b'"source":"core"', b'"source":"core","source":"core"', 1)

    response = client.post("/outcomes", content=body, headers={"Content-Type": "application/json"})

    check_problem(response, 422, "invalid-fields")
    assert {(error["pointer"], error["rule"]) for error in response.json()["errors"]} == {
        ("/outcomes/0/source", "duplicate"),
        ("/outcomes/1/observed_at", "invalid"),
        ("/outcomes/1/outcome", "invalid"),
        ("/outcomes/2/prediction_id", "invalid"),
        ("/outcomes/2/secret", "unknown"),
        ("/outcomes/3/observed_at", "invalid"),
    }
    assert count(log_database) == before


def test_a_conflict_and_an_outcome_before_its_event_are_refused_whole(
    client: httpx.Client, log_database: Database
) -> None:
    prediction = predict(client, "case", **{"X-Event-Time": "2026-02-01T00:00:00Z"})
    first = report(event_key="conflicting")
    answers(client, first)
    before = count(log_database)

    conflict = send(client, report(), first | {"outcome": 0})
    early = send(
        client,
        report(),
        report(prediction_id=prediction, reference=None, observed_at="2026-01-31T23:59:59Z"),
    )

    check_problem(conflict, 409, "conflict")
    assert [error["pointer"] for error in conflict.json()["errors"]] == ["/outcomes/1/event_key"]
    check_problem(early, 422, "invalid-fields")
    assert [error["pointer"] for error in early.json()["errors"]] == ["/outcomes/1/observed_at"]
    assert count(log_database) == before


@pytest.mark.parametrize(
    "path",
    [
        "/outcomes/case?as_of=2026-03-01T10:00:00",
        "/outcomes/case?as_of=2099-03-01T10:00:00Z",
        "/outcomes/case?kind=customer",
        "/outcomes/case?kind=prediction",
        "/outcomes/a%7Fb",
        f"/outcomes/{'r' * 201}",
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(client: httpx.Client, path: str) -> None:
    check_problem(client.get(path), 400, "invalid-parameter")


@pytest.fixture(scope="module")
def limited(
    models: Path, log_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    settings = {
        "MODELS_DIR": str(models),
        "DATABASE_URL": log_database.url("api"),
        "MAX_OUTCOMES": "3",
        "MAX_OUTCOMES_BYTES": "4096",
        "API_KEYS": "desk:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    }
    with Service(tmp_path_factory.mktemp("limited"), settings) as running:
        yield running


def test_keys_and_bounds_are_those_of_predictions(limited: Service, log_database: Database) -> None:
    key = {"X-API-Key": "foo"}
    with plain.Client(base_url=limited.url) as client:
        check_problem(send(client, report()), 401, "unauthorized")
        check_problem(client.get("/outcomes/case"), 401, "unauthorized")
        client.headers.update(key)
        check_problem(send(client, *([report()] * 4)), 422, "invalid-fields")
        check_problem(send(client, report(reference="r" * 5000)), 413, "body-too-large")
        check_problem(client.post("/outcomes", content=b"x"), 415, "unsupported-media-type")
        kept = report(reference="keyed")
        assert answers(client, kept) == ["pending"]
        document = client.get("/openapi.json").json()

    names = "SELECT api_key_name FROM outcome_event WHERE client_reference = 'keyed'"
    assert log_database.query(names) == [("desk",)]
    body = document["paths"]["/outcomes"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["properties"]["outcomes"]["maxItems"] == 3
    assert document["paths"]["/outcomes/{subject}"]["get"]["security"]
    assert '"/outcomes"' in limited.text
    assert "keyed" not in limited.text


def test_refusals_are_kept_without_what_was_sent(limited: Service, log_database: Database) -> None:
    """By a service that refuses little: so many a minute are kept."""
    with plain.Client(base_url=limited.url, headers={"X-API-Key": "foo"}) as client:
        response = send(client, report(source="\t secret"))
    request_id = response.headers["X-Request-ID"]

    deadline = time.monotonic() + 20
    rows: list[Any] = []
    while not rows:
        assert time.monotonic() < deadline
        rows = log_database.query(
            "SELECT route, errors FROM rejected_request WHERE request_id = %s", request_id
        )

    assert rows == [("/outcomes", [{"pointer": "/outcomes/0/source", "rule": "invalid"}])]
