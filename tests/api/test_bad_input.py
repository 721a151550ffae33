"""Whatever is sent, the answer is a 4xx problem that names the offending fields and no value."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import plain
from tests.api.service import Service
from tests.conftest import Database
from tests.gmsc import SCHEMA

GOOD = json.dumps(SCHEMA.example)
JSON = {"Content-Type": "application/json"}


def with_value(name: str, text: str) -> str:
    """The example, with another JSON text as the value of one field."""
    pairs = [
        f"{json.dumps(key)}: {text if key == name else json.dumps(value)}"
        for key, value in SCHEMA.example.items()
    ]
    return "{" + ", ".join(pairs) + "}"


def with_pair(pair: str) -> str:
    """The example, with one more key."""
    return f"{GOOD[:-1]}, {pair}}}"


def without(name: str) -> str:
    return json.dumps({key: value for key, value in SCHEMA.example.items() if key != name})


def check_problem(response: httpx.Response, status: int, name: str) -> dict[str, Any]:
    """The document of a problem, after a look at everything that each must have."""
    document: dict[str, Any] = response.json()
    assert response.status_code == status, document
    assert response.headers["content-type"] == "application/problem+json"
    assert document["type"] == f"/problems/{name}"
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert document["request_id"] == response.headers["x-request-id"]
    return document


INVALID_VALUES = {
    "a string for an integer": ("age", '"45"'),
    "a string for a number": ("DebtRatio", '"0.5"'),
    "true": ("age", "true"),
    "false": ("DebtRatio", "false"),
    "null where it may not be": ("age", "null"),
    "an object": ("age", '{"value": 45}'),
    "an array": ("MonthlyIncome", "[6000]"),
    "NaN": ("MonthlyIncome", "NaN"),
    "Infinity": ("MonthlyIncome", "Infinity"),
    "-Infinity": ("DebtRatio", "-Infinity"),
    "below the range": ("age", "-1"),
    "above the range": ("age", "131"),
    "a number above the range": ("MonthlyIncome", "1000000000.0001"),
    "a fractional count": ("NumberOfDependents", "1.5"),
    "a nearly whole count": ("NumberOfDependents", "2.0000000000000004"),
    "1e400": ("MonthlyIncome", "1e400"),
    "-1e400": ("MonthlyIncome", "-1e400"),
    "5000 digits": ("MonthlyIncome", "9" * 5000),
    "beyond 64 bits": ("NumberOfDependents", "18446744073709551616"),
    "a lone surrogate": ("age", '"\\ud800"'),
    "deep nesting": ("age", "[" * 150 + "]" * 150),
}


@pytest.mark.parametrize(("field", "text"), INVALID_VALUES.values(), ids=INVALID_VALUES)
def test_an_impossible_value_is_refused_by_its_field(
    client: httpx.Client, field: str, text: str
) -> None:
    response = client.post("/predict", content=with_value(field, text), headers=JSON)

    document = check_problem(response, 422, "invalid-fields")
    (error,) = document["errors"]
    allowed = next(feature.allowed for feature in SCHEMA.features if feature.name == field)
    assert error == {"pointer": f"/{field}", "rule": "invalid", "detail": f"must be {allowed}"}


OTHER_FIELDS = {
    "missing": (without("age"), "/age", "missing"),
    "null for missing": (without("MonthlyIncome"), "/MonthlyIncome", "missing"),
    "unknown": (with_pair('"AGE": 45'), "/AGE", "unknown"),
    "the label": (with_pair('"SeriousDlqin2yrs": 1'), "/SeriousDlqin2yrs", "unknown"),
    "duplicate": (with_pair('"age": 45'), "/age", "duplicate"),
    "duplicate, escaped": (with_pair('"\\u0061ge": 45'), "/age", "duplicate"),
    "a pointer's own characters": (with_pair('"a/b~c": 1'), "/a~1b~0c", "unknown"),
    "NUL in a key": (with_pair('"a\\u0000b": 1'), "/a\ufffdb", "unknown"),
    "a lone surrogate in a key": (with_pair('"\\ud800": 1'), "/\ufffd", "unknown"),
    "a key without end": (with_pair(f'"{"k" * 5000}": 1'), "/" + "k" * 100, "unknown"),
    "an array": (f"[{GOOD}]", "", "invalid"),
    "null": ("null", "", "invalid"),
    "a number": ("1", "", "invalid"),
    "a string": ('"age"', "", "invalid"),
    "a batch": (f'{{"instances": [{GOOD}]}}', "/instances", "unknown"),
}


@pytest.mark.parametrize(("body", "pointer", "rule"), OTHER_FIELDS.values(), ids=OTHER_FIELDS)
def test_a_field_too_many_or_too_few_is_refused_by_its_name(
    client: httpx.Client, body: str, pointer: str, rule: str
) -> None:
    response = client.post("/predict", content=body, headers=JSON)

    document = check_problem(response, 422, "invalid-fields")
    found = [(error["pointer"], error["rule"]) for error in document["errors"]]
    assert (pointer, rule) in found
    if rule != "unknown" or pointer != "/instances":
        assert found == [(pointer, rule)]


def test_every_offending_field_is_named(client: httpx.Client) -> None:
    sent = SCHEMA.example | {"age": "x", "DebtRatio": None, "surplus": 1}
    del sent["NumberOfDependents"]

    response = client.post("/predict", json=sent)

    errors = check_problem(response, 422, "invalid-fields")["errors"]
    assert {(error["pointer"], error["rule"]) for error in errors} == {
        ("/age", "invalid"),
        ("/DebtRatio", "invalid"),
        ("/surplus", "unknown"),
        ("/NumberOfDependents", "missing"),
    }


BATCHES = {
    "empty": ('{"instances": []}', "/instances", "invalid"),
    "none": ("{}", "/instances", "missing"),
    "no array": (f'{{"instances": {GOOD}}}', "/instances", "invalid"),
    "too many": (f'{{"instances": [{",".join([GOOD] * 1001)}]}}', "/instances", "invalid"),
    "an array": (f"[{GOOD}]", "", "invalid"),
    "another key": (f'{{"instances": [{GOOD}], "x": 1}}', "/x", "unknown"),
    "instances twice": (
        f'{{"instances": [{GOOD}], "instances": [{GOOD}]}}',
        "/instances",
        "duplicate",
    ),
    "no object": (f'{{"instances": [{GOOD}, 1]}}', "/instances/1", "invalid"),
    "a duplicate inside": (
        f'{{"instances": [{GOOD}, {with_pair(chr(34) + "age" + chr(34) + ": 45")}]}}',
        "/instances/1/age",
        "duplicate",
    ),
    "an overflow inside": (
        f'{{"instances": [{with_value("DebtRatio", "1e400")}]}}',
        "/instances/0/DebtRatio",
        "invalid",
    ),
}


@pytest.mark.parametrize(("body", "pointer", "rule"), BATCHES.values(), ids=BATCHES)
def test_a_bad_batch_is_refused_by_instance_and_field(
    client: httpx.Client, body: str, pointer: str, rule: str
) -> None:
    response = client.post("/predict/batch", content=body, headers=JSON)

    errors = check_problem(response, 422, "invalid-fields")["errors"]
    assert [(error["pointer"], error["rule"]) for error in errors] == [(pointer, rule)]


MALFORMED = {
    "empty": b"",
    "white space": b" \r\n ",
    "cut": GOOD[:-1].encode(),
    "no JSON": b"age=45",
    "two documents": f"{GOOD}{GOOD}".encode(),
    "a byte order mark": b"\xef\xbb\xbf" + GOOD.encode(),
    "UTF-16": GOOD.encode("utf-16"),
    "invalid UTF-8": with_pair('"?": 1').encode().replace(b"?", b"\xff"),
    "a NUL at its end": GOOD.encode() + b"\0",
    "a control character in a key": with_pair('"a\x01": 1').encode(),
    "a comment": GOOD.encode() + b" // 45",
    "a leading zero": with_value("age", "045").encode(),
    "single quotes": GOOD.replace('"', "'").encode(),
    "a hundred thousand brackets": b"[" * 100_000,
    "a hundred thousand objects": b'{"a":' * 100_000,
}


@pytest.mark.parametrize("path", ["/predict", "/predict/batch"])
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_a_body_that_is_no_json_is_refused(client: httpx.Client, path: str, body: bytes) -> None:
    response = client.post(path, content=body, headers=JSON)

    check_problem(response, 400, "malformed-body")


def test_what_was_sent_is_never_echoed(client: httpx.Client) -> None:
    secrets = {"age": "confidential-1", "DebtRatio": ["confidential-2"], "MonthlyIncome": -424242}

    refused = client.post("/predict", json=SCHEMA.example | secrets)
    malformed = client.post("/predict", content=b'{"age": confidential-3', headers=JSON)
    header = client.post(
        "/predict", json=SCHEMA.example, headers={"X-Event-Time": "confidential-4"}
    )

    for response in (refused, malformed, header):
        assert response.is_client_error
        assert "confidential" not in response.text
        assert "424242" not in response.text


def test_many_mistakes_are_told_up_to_a_bound(client: httpx.Client) -> None:
    body = json.dumps({f"field {number}": 0 for number in range(10_000)})

    response = client.post("/predict", content=body, headers=JSON)

    assert len(check_problem(response, 422, "invalid-fields")["errors"]) == 100


def test_a_refusal_is_kept_with_its_fields_and_rules(
    settings: dict[str, str], log_database: Database, tmp_path: Path
) -> None:
    """By a process of its own: so many a minute are kept, and others may have used that up."""
    headers = JSON | {"X-Request-ID": "kept-refusal"}
    with Service(tmp_path, settings) as service:
        post(service.url, SCHEMA.example | {"age": 200}, headers)
        # A refusal is written when the log writes anyway, some time after its answer.
        for _ in range(200):
            post(service.url, SCHEMA.example, JSON)
            found = log_database.query(
                "SELECT route, status, errors, model_version IS NOT NULL FROM rejected_request"
                " WHERE request_id = 'kept-refusal'"
            )
            if found:
                break

    assert found == [("/predict", 422, [{"pointer": "/age", "rule": "invalid"}], True)]


def post(url: str, row: dict[str, Any], headers: dict[str, str]) -> None:
    plain.post(f"{url}/predict", json=row, headers=headers, timeout=20)
