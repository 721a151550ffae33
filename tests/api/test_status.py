import json
import os
import re
import subprocess
import sys
from typing import Any

import httpx
import pytest

from api.http.problem_types import PROBLEM_TYPES
from tests.api.bundle import THRESHOLD
from tests.api.service import ROOT, Service
from tests.api.test_bad_input import check_problem
from tests.gmsc import SCHEMA


@pytest.fixture(scope="module")
def openapi(client: httpx.Client) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/openapi.json").json()
    return document


def test_health_says_what_is_served_and_how_the_log_is(client: httpx.Client) -> None:
    response = client.get("/health")

    report = response.json()
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert report["status"] == "ok"
    assert report["model_version"].startswith("gmsc-")
    assert report["schema_version"] == SCHEMA.id
    assert report["trained_on_sample"] is False
    assert report["data_source"] == "random rows"
    assert report["log"]["state"] == "normal"
    assert report["log"]["since"].startswith("20")


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_the_probes_answer_while_all_is_well(client: httpx.Client, path: str) -> None:
    response = client.get(path)

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_the_model_describes_itself(client: httpx.Client) -> None:
    model = client.get("/model").json()

    assert model["schema"] == json.loads(SCHEMA.to_json())
    assert model["threshold"] == THRESHOLD
    assert model["metrics"] == {"auc": 0.9}
    assert model["metadata"]["libraries"]["scikit-learn"]
    assert model["trained_on_sample"] is False
    assert (model["derived_from"], model["link"]) == (None, None)


def test_the_start_page_leads_on(client: httpx.Client) -> None:
    links = client.get("/").json()["links"]

    assert {client.get(link).status_code for link in links.values()} == {200}


def test_the_type_of_each_problem_can_be_read(client: httpx.Client) -> None:
    for name, kind in PROBLEM_TYPES.items():
        document = client.get(f"/problems/{name}").json()
        assert document == kind.describe()
        assert document["type"] == f"/problems/{name}"


def test_the_docs_show_the_document(client: httpx.Client) -> None:
    page = client.get("/docs")

    assert page.headers["content-type"].startswith("text/html")
    assert "url: '/openapi.json'" in page.text
    for own in re.findall(r'(?:href|src)="(/[^"]+)"', page.text):
        assert client.get(own).status_code == 200


def test_the_container_s_probe_is_as_the_readiness(service: Service) -> None:
    def probe(port: int) -> int:
        command = [sys.executable, "-m", "api.probe"]
        environment = os.environ | {"PORT": str(port)}
        return subprocess.run(
            command, env=environment, cwd=ROOT, check=False, stderr=subprocess.DEVNULL
        ).returncode

    assert probe(service.port) == 0
    assert probe(1) == 1


def test_the_request_body_is_the_declaration(openapi: dict[str, Any]) -> None:
    body = openapi["paths"]["/predict"]["post"]["requestBody"]

    schema = body["content"]["application/json"]["schema"]
    assert body["required"] is True
    assert schema["additionalProperties"] is False
    assert schema["required"] == list(SCHEMA.names)
    assert schema["properties"]["age"]["type"] == "integer"
    assert schema["properties"]["NumberOfDependents"]["type"] == ["integer", "null"]
    assert schema["properties"]["age"]["maximum"] == 130


def test_the_examples_work_as_they_stand(client: httpx.Client, openapi: dict[str, Any]) -> None:
    content = openapi["paths"]["/predict"]["post"]["requestBody"]["content"]

    response = client.post("/predict", json=content["application/json"]["schema"]["example"])

    assert response.status_code == 200


def test_every_reference_of_the_document_leads_somewhere(openapi: dict[str, Any]) -> None:
    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if "$ref" in node else []
            return own + [found for value in node.values() for found in references(value)]
        if isinstance(node, list):
            return [found for value in node for found in references(value)]
        return []

    found = references(openapi["paths"]) + references(openapi["components"])

    assert found
    for reference in found:
        *_, kind, name = reference.split("/")
        assert name in openapi["components"][kind], reference


def test_the_document_says_what_each_path_answers(
    client: httpx.Client, openapi: dict[str, Any]
) -> None:
    assert set(openapi["paths"]) == {
        "/predict",
        "/predict/batch",
        "/outcomes",
        "/outcomes/{subject}",
        "/health",
        "/livez",
        "/metrics",
        "/readyz",
        "/model",
        "/model/card",
        "/model/card/{name}",
        "/problems/{name}",
        "/v2",
        "/v2/health/live",
        "/v2/health/ready",
        *(
            f"/v2/models/{{model_name}}{version}{of}"
            for version in ("", "/versions/{model_version}")
            for of in ("", "/ready", "/infer")
        ),
    }
    for path in ("/predict", "/predict/batch"):
        responses = openapi["paths"][path]["post"]["responses"]
        statuses = {"200", "400", "403", "408", "413", "415", "422", "431", "500", "503"}
        assert set(responses) == statuses
        for status in set(responses) - {"200"}:
            assert set(responses[status]["content"]) == {"application/problem+json"}
    for path, item in openapi["paths"].items():
        if "get" in item and "{" not in path:
            response = client.get(path)
            media_type = response.headers["content-type"].split(";")[0]
            assert media_type in item["get"]["responses"][str(response.status_code)]["content"]


def test_the_document_says_what_the_open_inference_protocol_takes_and_answers(
    client: httpx.Client, openapi: dict[str, Any]
) -> None:
    schemas = openapi["components"]["schemas"]
    operation = openapi["paths"]["/v2/models/{model_name}/versions/{model_version}/infer"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]

    answer = client.post("/v2/models/gmsc/infer", json=body["example"])

    assert answer.status_code == 200
    assert set(answer.json()) == set(schemas["InferenceResponse"]["properties"])
    for output in answer.json()["outputs"]:
        assert set(output) == set(schemas["OutputTensor"]["required"])
    places = {item["name"] for item in operation["parameters"] if item["in"] == "path"}
    assert places == {"model_name", "model_version"}
    responses = operation["responses"]
    statuses = {"200", "400", "403", "404", "408", "413", "415", "431", "500", "503"}
    assert set(responses) == statuses
    for status in set(responses) - {"200"}:
        schema = responses[status]["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/InferenceError"}
    for of in ("", "/ready"):
        path = f"/v2/models/{{model_name}}{of}"
        schema = openapi["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        name = schema["schema"]["$ref"].rpartition("/")[2]
        answer = client.get(f"/v2/models/gmsc{of}")
        assert set(answer.json()) == set(schemas[name]["required"])


def test_answers_hold_what_the_document_promises(
    client: httpx.Client, openapi: dict[str, Any]
) -> None:
    def required(name: str) -> set[str]:
        return set(openapi["components"]["schemas"][name]["required"])

    answer = client.post("/predict", json=SCHEMA.example).json()
    batch = client.post("/predict/batch", json={"instances": [SCHEMA.example]}).json()
    problem = check_problem(client.post("/predict", json={}), 422, "invalid-fields")

    assert set(answer) == required("Prediction")
    assert set(batch) == required("BatchPrediction")
    assert set(batch["predictions"][0]) == required("Scored")
    assert set(client.get("/health").json()) == required("Health")
    assert set(client.get("/model").json()) == required("ModelDescription")
    assert set(problem) == required("Problem") | {"errors"}
