"""Clients that generators make from the OpenAPI document have every operation, and work."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import plain
from tests.api.http.test_keys import KEY, entry
from tests.api.service import Service
from tests.api.test_openapi import examples
from tests.clients.environment import Client
from tests.clients.node import NodeClient
from tests.conftest import Database

PROGRAMS = Path(__file__).parent / "programs"
MOMENT = "2026-11-23T13:11:10Z"


@dataclass(frozen=True)
class Described:
    """A service that wants a key, and its OpenAPI document in a file."""

    service: Service
    database: Database
    file: Path
    operations: list[tuple[str, str, dict[str, Any]]]
    """Method, path and what is said of it."""

    @property
    def calls(self) -> list[dict[str, Any]]:
        """Each operation with its example; those that predict come first."""
        return [
            {
                "tag": operation.get("tags", ["default"])[0].replace(" ", "_"),
                "operation": operation["operationId"],
                "path": {
                    parameter["name"]: parameter.get("example") or parameter["schema"]["enum"][0]
                    for parameter in operation["parameters"]
                    if parameter["in"] == "path"
                },
                "is_named": "X-Client-Reference"
                in {parameter["name"] for parameter in operation["parameters"]},
                **body_of(operation),
            }
            for method, path, operation in sorted(
                self.operations, key=lambda item: item[0] != "post"
            )
            if not path.startswith("/model/card/")  # there is no picture
        ]

    def check(self, told: list[dict[str, Any]], reference: str) -> None:
        """That every call was answered, and its row has what the headers said."""
        assert [item["status"] for item in told] == [200] * len(self.calls)
        keys = [key for item in told if (key := predicted(item["answer"]))]
        assert len(keys) == 4
        rows = self.database.query(
            "SELECT DISTINCT client_reference, event_time = %s FROM prediction_log"
            " WHERE prediction_id = ANY(%s::uuid[])",
            MOMENT,
            keys,
        )
        assert rows == [(reference, True)]


def predicted(answer: Any) -> str | None:
    """The first prediction_id of an answer that holds new predictions."""
    match answer:
        case {"outputs": [_, _, {"data": [key, *_]}]}:
            return str(key)
        case {"threshold": _, "predictions": [{"prediction_id": key}, *_]}:
            return str(key)
        case {"probability": _, "prediction_id": key}:
            return str(key)
    return None


def body_of(operation: dict[str, Any]) -> dict[str, Any]:
    """The example of what the operation takes, where it takes something."""
    if "requestBody" not in operation:
        return {}
    return {"body": examples(operation["requestBody"]["content"]["application/json"])[0]}


@pytest.fixture(params=["numbers", "every kind"])
def described(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Described]:
    if request.param == "numbers":
        database = request.getfixturevalue("log_database")
        models = request.getfixturevalue("models")
        settings = {"MODELS_DIR": str(models), "DATABASE_URL": database.url("api")}
    else:
        database = request.getfixturevalue("table_database")
        settings = request.getfixturevalue("table_settings")
        settings |= {"DATASET": str(request.getfixturevalue("table_file"))}
    with Service(tmp_path, settings | {"API_KEYS": entry("tests", KEY)}) as service:
        text = plain.get(f"{service.url}/openapi.json").text
        file = tmp_path / "openapi.json"
        file.write_text(text)
        operations = [
            (method, path, operation)
            for path, item in json.loads(text)["paths"].items()
            for method, operation in item.items()
        ]
        yield Described(service, database, file, operations)


def test_openapi_python_client(
    openapi_python_client: Client, described: Described, tmp_path: Path
) -> None:
    made, settings = tmp_path / "made", tmp_path / "settings.json"
    package = made / "prediction_service_client"
    settings.write_text(json.dumps({"post_hooks": [], "package_name_override": package.name}))
    generate = [str(openapi_python_client.directory / "bin" / "openapi-python-client")]
    generate += ["generate", "--path", str(described.file), "--output-path", str(package)]
    generate += ["--meta", "none", "--config", str(settings), "--fail-on-warning"]

    done = openapi_python_client.start(generate)

    assert "WARNING" not in done.stdout + done.stderr
    modules = {file.stem for file in package.glob("api/*/*.py") if file.stem != "__init__"}
    names = {_snake(operation["operationId"]) for _, _, operation in described.operations}
    assert modules == names
    headers = {"x_client_reference": "generated", "x_event_time": MOMENT}
    calls = [
        call
        | {"operation": _snake(call["operation"]), "headers": headers if call["is_named"] else {}}
        for call in described.calls
    ]
    program = str(PROGRAMS / "generated_python_program.py")
    command = [str(openapi_python_client.python), program, described.service.url]
    done = openapi_python_client.start(
        ["env", f"PYTHONPATH={made}", *command], json.dumps({"key": KEY, "calls": calls})
    )
    described.check(json.loads(done.stdout), "generated")


def test_openapi_ts(openapi_ts: NodeClient, described: Described, tmp_path: Path) -> None:
    made = tmp_path / "made"
    done = openapi_ts.run(
        [openapi_ts.program("openapi-ts"), "-i", str(described.file), "-o", str(made)],
        openapi_ts.directory,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not re.search("warn", done.stdout + done.stderr, re.IGNORECASE)
    compiled = tmp_path / "compiled"
    done = openapi_ts.run(
        [
            *(openapi_ts.program("tsc"), "--module", "commonjs", "--target", "es2022"),
            *("--strict", "--skipLibCheck", "--outDir", str(compiled), str(made / "index.ts")),
        ],
        openapi_ts.directory,
    )
    assert done.returncode == 0, done.stdout

    exported = set(
        re.findall(r"^export const (\w+) =", (made / "sdk.gen.ts").read_text(), re.MULTILINE)
    )
    names = {_camel(operation["operationId"]) for _, _, operation in described.operations}
    assert exported == names
    headers = {"X-Client-Reference": "generated-ts", "X-Event-Time": MOMENT}
    calls = [
        call
        | {"operation": _camel(call["operation"]), "headers": headers if call["is_named"] else {}}
        for call in described.calls
    ]
    program = str(PROGRAMS / "generated_node_program.cjs")
    done = openapi_ts.run(
        ["node", program, str(compiled), described.service.url],
        openapi_ts.directory,
        json.dumps({"key": KEY, "calls": calls}),
    )
    assert done.returncode == 0, done.stderr
    described.check(json.loads(done.stdout), "generated-ts")


def _snake(operation: str) -> str:
    return re.sub("_+", "_", operation)


def _camel(operation: str) -> str:
    first, *others = _snake(operation).split("_")
    return first + "".join(part.capitalize() for part in others)
