"""A table that a file declares, with every kind of feature: migrated, served, logged."""

from pathlib import Path
from typing import Any

import httpx

from contract.feature import Value
from contract.schema import DataSetSchema
from contract.scoring import Scorer
from tests.api.declared_table import ROWS
from tests.api.service import Service
from tests.api.test_openapi import examples
from tests.conftest import Database
from tests.faults.processes import wait_until


def body(schema: DataSetSchema, row: list[Value]) -> dict[str, Value]:
    return dict(zip(schema.names, row, strict=True))


def tensors(client: httpx.Client, rows: list[list[Value]]) -> dict[str, Any]:
    declared = client.get("/v2/models/loans").json()["inputs"]
    return {
        "inputs": [
            tensor | {"shape": [len(rows), 1], "data": [row[index] for row in rows]}
            for index, tensor in enumerate(declared)
        ]
    }


def test_what_was_sent_is_scored_as_trained_and_logged_by_either_door(
    table_client: httpx.Client,
    table_database: Database,
    table_schema: DataSetSchema,
    table_scorer: Scorer,
) -> None:
    batch = {"instances": [body(table_schema, row) for row in ROWS]}

    ones = [table_client.post("/predict", json=body(table_schema, row)).json() for row in ROWS]
    many = table_client.post("/predict/batch", json=batch).json()["predictions"]
    outputs = table_client.post("/v2/models/loans/infer", json=tensors(table_client, ROWS)).json()[
        "outputs"
    ]

    expected = table_scorer.score_rows(ROWS).tolist()
    assert len(set(expected)) > 1
    assert [one["probability"] for one in ones] == expected
    assert [one["probability"] for one in many] == expected
    answered = {output["name"]: output["data"] for output in outputs}
    assert answered["probability"] == expected
    ids = [answer["prediction_id"] for answer in [*ones, *many]] + answered["prediction_id"]
    columns = ", ".join(f'"{feature.column}"' for feature in table_schema.features)
    logged = table_database.query(
        f"SELECT probability, {columns} FROM prediction_log"
        " WHERE prediction_id = ANY(%s::uuid[]) ORDER BY array_position(%s::uuid[], prediction_id)",
        *(ids, ids),
    )
    assert logged == [
        (probability, *row) for probability, row in zip(expected * 3, ROWS * 3, strict=True)
    ]
    assert {type(row[3]) for row in logged} == {bool, type(None)}


def test_what_is_wrong_is_named_and_its_place_is_kept(
    table_client: httpx.Client, table_database: Database, table_schema: DataSetSchema
) -> None:
    wrong = body(table_schema, [True, 1.5, 1.0, "Web", ""])

    response = table_client.post("/predict", json=wrong)

    assert response.status_code == 422
    errors = [(item["pointer"], item["detail"]) for item in response.json()["errors"]]
    assert errors == [
        ("/Amount: {EUR}", "must be a number from 0 to 1,000,000, or null"),
        ("/months", "must be an integer from 1 to 120"),
        ("/returning", "must be true or false, or null"),
        (
            '/channel ~1 "way"',
            'must be one of "web", "Straße: 漢字", "a"b\\c", or null',
        ),
        ("/Größe~01", "must be a text of 1 to 200 characters"),
    ]
    wait_until(
        lambda: table_database.query("SELECT 1 FROM rejected_request") != [],
        seconds=20,
        what="the refusal is kept",
    )
    ((kept,),) = table_database.query("SELECT errors FROM rejected_request")
    assert [entry["pointer"] for entry in kept] == [pointer for pointer, _ in errors]


def test_the_examples_of_the_document_work_as_they_stand(table_client: httpx.Client) -> None:
    document = table_client.get("/openapi.json").json()

    for path, item in document["paths"].items():
        if "post" not in item:
            continue
        version = table_client.get("/model").json()["model_version"]
        url = path.format(model_name="loans", model_version=version)
        for example in examples(item["post"]["requestBody"]["content"]["application/json"]):
            response = table_client.post(url, json=example)
            assert response.status_code == 200, (url, response.text)


def test_the_protocols_metadata_name_each_datatype(table_client: httpx.Client) -> None:
    metadata = table_client.get("/v2/models/loans").json()

    assert [tensor["datatype"] for tensor in metadata["inputs"]] == [
        *("FP64", "INT64", "BOOL", "BYTES", "BYTES")
    ]
    assert table_client.get("/v2").json()["extensions"] == ["null_elements"]


def test_without_its_declaration_the_model_is_refused(
    table_settings: dict[str, str], tmp_path: Path
) -> None:
    status, told = Service(tmp_path, table_settings).run()

    assert status == 1
    assert "is a model of loans, and DATASET is gmsc: set DATASET" in told
    assert "Traceback" not in told
