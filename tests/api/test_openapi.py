"""The OpenAPI document is true: schemathesis finds no answer outside of it, and its examples work.

Every operation that the document lists is asked; there is no list of them here.
"""

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import plain
from tests.api.service import Service
from tests.conftest import Database
from tests.gmsc import SCHEMA
from tests.security.fuzzing import examples as examples_of

KEY = "a-key-for-schemathesis"
REQUESTS = 10_000

# A tensor's shape must agree with its data, the cases of a batch with its instances, and the parts
# of a report with each other and with the clock, which no JSON Schema can say: a request may be
# right by the document and still be refused.
# All other checks hold there as well.
BEYOND = "infer$|outcomes|batch$"
DEEPER = ("--include-path-regex", BEYOND, "--exclude-checks", "positive_data_acceptance")
OTHERS = ("--exclude-path-regex", BEYOND)


def ask(directory: Path, service: Service, *arguments: str, others: int, tensors: int) -> int:
    """Ask for everything that the document lists; how many requests that were.

    The two numbers are examples of each operation; one of tensors takes six times as long to make.
    """
    counts = ((OTHERS, others), (DEEPER, tensors))
    return sum(
        _ask(directory, service, *part, "--max-examples", str(count), *arguments)
        for part, count in counts
    )


def _ask(directory: Path, service: Service, *arguments: str) -> int:
    """Run every check of schemathesis, also on sequences of requests; how many requests it made."""
    command = [str(Path(sys.executable).with_name("st")), "run", f"{service.url}/openapi.json"]
    made = subprocess.run(
        [*command, "--checks", "all", "--seed", "1", "--no-color", *arguments],
        cwd=directory,  # it leaves its findings there
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    counted = re.search(r"(\d+) generated, (\d+) passed", made.stdout)
    assert counted, made.stdout
    assert counted[1] == counted[2], made.stdout
    assert "✅ Fuzzing" in made.stdout, made.stdout
    return int(counted[1])


@pytest.mark.timeout(900)
def test_ten_thousand_requests_get_no_answer_outside_of_the_document(
    service: Service, tmp_path: Path
) -> None:
    made = ask(tmp_path, service, others=examples_of(300), tensors=examples_of(70))

    assert made >= REQUESTS

    # What was answered is in the log: Postgres refused none of it.
    assert plain.get(f"{service.url}/health").json()["log"]["quarantined_rows"] == 0


@pytest.fixture
def guarded(models: Path, log_database: Database, tmp_path: Path) -> Iterator[Service]:
    settings = {
        "MODELS_DIR": str(models),
        "DATABASE_URL": log_database.url("api"),
        "API_KEYS": f"tests:{hashlib.sha256(KEY.encode()).hexdigest()}",
    }
    with Service(tmp_path, settings) as running:
        yield running


def test_it_is_true_where_keys_are_wanted(guarded: Service, tmp_path: Path) -> None:
    document = plain.get(f"{guarded.url}/openapi.json").json()
    wanted: list[Any] = [{"bearer": []}, {"key": []}]
    found = {
        (method, path): operation["security"]
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if "security" in operation
    }
    assert found == dict.fromkeys(found, wanted)
    predicting = {"/predict", "/predict/batch", "/v2/models/{model_name}/infer", "/outcomes"}
    assert {("post", path) for path in predicting} < set(found)
    assert ("get", "/outcomes/{subject}") in found

    # Every check is made here too; what each field may be is asked above, without keys.
    only = ("--phases", "examples,fuzzing", "--header", f"Authorization: Bearer {KEY}")
    ask(tmp_path, guarded, *only, others=10, tensors=10)


@pytest.mark.parametrize(
    ("status", "sent", "named"),
    [
        (401, {}, "WWW-Authenticate"),
        (415, {"X-API-Key": KEY, "Content-Type": "text/plain"}, "Accept"),
    ],
)
def test_what_an_error_asks_for_in_a_header_is_in_the_document(
    guarded: Service, status: int, sent: dict[str, str], named: str
) -> None:
    document = plain.get(f"{guarded.url}/openapi.json").json()
    for path in ("/predict", "/predict/batch", "/v2/models/{model_name}/infer"):
        operation = document["paths"][path]["post"]
        url = path.format(model_name=SCHEMA.key)

        response = plain.post(guarded.url + url, content=b"{}", headers=sent)

        assert response.status_code == status
        assert named in response.headers
        assert {named, "X-Request-ID"} == set(operation["responses"][str(status)]["headers"])


def test_where_no_keys_are_wanted_none_is_documented(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    operations = [operation for item in document["paths"].values() for operation in item.values()]

    assert not any("401" in operation["responses"] for operation in operations)
    assert not any("security" in operation for operation in operations)


def test_the_examples_work_as_they_stand(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    sent = 0
    for path, item in document["paths"].items():
        if "post" not in item:
            continue
        operation = item["post"]
        url = path
        for parameter in operation["parameters"]:
            if parameter["in"] == "path":
                url = url.replace(f"{{{parameter['name']}}}", parameter["schema"]["enum"][0])
        for example in examples(operation["requestBody"]["content"]["application/json"]):
            response = client.post(url, json=example)
            assert response.status_code == 200, (url, response.text)
            sent += 1
    assert sent >= 2


def examples(content: dict[str, Any]) -> list[Any]:
    """What Swagger UI offers to send: the body's examples, or one put together from its parts."""
    given = [item["value"] for item in content.get("examples", {}).values()]
    schema = content["schema"]
    given += [content["example"]] if "example" in content else []
    given += [schema["example"]] if "example" in schema else schema.get("examples", [])
    properties = schema.get("properties", {})
    items = properties.get("instances", {}).get("items", {})
    return given or ([{"instances": [items["example"]]}] if "example" in items else [])


def test_the_page_finds_its_files_and_nothing_else_is_there(client: httpx.Client) -> None:
    page = client.get("/docs").text
    found = re.findall(r'(?:src|href)="([^"]*/docs/assets/[^"]+)"', page)

    assert len(found) == 2
    for url in found:
        assert client.get(url).status_code == 200
        assert len(client.get(url).content) > 100_000
    for name in ("favicon.png", "%00", "..%2F__init__.py", "a/b"):
        assert client.get(f"/docs/assets/{name}").status_code == 404
