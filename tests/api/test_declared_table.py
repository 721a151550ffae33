"""A table that a file declares, with every kind of feature: migrated, served, logged."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from contract import datasets
from contract.bundle import encode
from contract.feature import Feature, Value
from contract.preprocessing import Preprocessing
from contract.provenance import Provenance
from contract.schema import DataSetSchema
from contract.scoring import Scorer
from contract.store import ModelStore
from contract.trees import Trees
from db.migrate import migrate
from local.postgres import LocalPostgres
from tests.api.service import Service
from tests.api.test_openapi import examples
from tests.conftest import Database, migrate_settings
from tests.faults.processes import wait_until
from trainer.export import checkpoint

DECLARATION = """
key = "loans"
version = 3
title = "Loans: a \\"test\\""

[target]
name = "status"
description = "The loan went bad"
positive = "bad"
negative = "good"

[[features]]
name = "Amount: {EUR}"
kind = "float"
nullable = true
minimum = 0
maximum = 1e6
unit = "EUR"
description = "What was lent"
example = 1500.5

[[features]]
name = "months"
kind = "integer"
nullable = false
minimum = 1
maximum = 120
unit = "months"
description = "For how long"
example = 24

[[features]]
name = "returning"
kind = "boolean"
nullable = true
description = "Whether the borrower is known"
example = true

[[features]]
name = "channel / \\"way\\""
kind = "category"
nullable = true
description = "How it came"
levels = ["web", "Straße: 漢字", "a\\"b\\\\c"]
example = "web"

[[features]]
name = "Größe~1"
sql_name = "size"
kind = "category"
nullable = false
description = "Of the house"
levels = ["small", "large"]
unknown = "missing"
example = "large"
"""
ROWS: list[list[Value]] = [
    [1500.5, 24.0, True, "web", "large"],
    [None, 1.0, False, "Straße: 漢字", "tiny\t\\N\n: {"],
    [0.1 + 0.2, 120.0, None, None, "small"],
    [999_999.999, 7.0, True, 'a"b\\c', "x" * 200],
]


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("declared") / "loans.toml"
    file.write_text(DECLARATION, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def schema(declared: Path) -> DataSetSchema:
    return datasets.declared(str(declared)).schema


@pytest.fixture(scope="module")
def database(postgres: LocalPostgres, declared: Path) -> Database:
    list(migrate(migrate_settings(postgres.admin_url, "loans", dataset=str(declared))))
    return Database("loans", postgres.port)


@pytest.fixture(scope="module")
def scorer(schema: DataSetSchema, declared: Path) -> Scorer:
    """Fitted on random rows, and published as the active model."""
    generator = np.random.default_rng(1)
    rows = np.column_stack([_column(feature, generator) for feature in schema.features])
    preprocessing = Preprocessing.fit(schema, rows)
    model = HistGradientBoostingClassifier(
        max_iter=10, categorical_features=preprocessing.categories, random_state=0
    )
    model.fit(preprocessing.transform(rows), np.nan_to_num(rows[:, 3]) + rows[:, 1] / 60 > 2)
    trees = checkpoint(model)
    provenance = Provenance(schema, "0" * 64, is_sample=False, settings={"seed": 0})
    store = ModelStore(declared.parent / "models")
    store.publish(
        provenance.version,
        encode(
            provenance,
            preprocessing=preprocessing,
            trees=trees,
            golden_rows=[row for row in ROWS if str(row[4]).isprintable()],
            report={
                "data": {"source": "random rows", "rows": len(rows)},
                "metrics": {"auc": 0.9},
                "threshold": {"value": 0.25, "reason": "for tests"},
            },
            extras={},
        ),
    )
    store.activate(provenance.version)
    return Scorer(preprocessing, Trees.from_bytes(trees))


def _column(feature: Feature, generator: np.random.Generator) -> Any:
    if feature.kind == "boolean":
        column = generator.integers(0, 2, 2000).astype(np.float64)
    elif feature.kind == "category":
        column = generator.integers(0, len(feature.levels), 2000).astype(np.float64)
    else:
        column = np.round(generator.uniform(*feature.bounds, 2000))
    if feature.nullable:
        column[generator.random(2000) < 0.2] = np.nan
    return column


@pytest.fixture(scope="module")
def settings(declared: Path, database: Database, scorer: Scorer) -> dict[str, str]:
    models = declared.parent / "models"
    return {"MODELS_DIR": str(models), "DATABASE_URL": database.url("api")}


@pytest.fixture(scope="module")
def client(settings: dict[str, str], declared: Path) -> Iterator[httpx.Client]:
    with (
        Service(declared.parent, settings | {"DATASET": str(declared)}) as service,
        httpx.Client(base_url=service.url, timeout=20) as client,
    ):
        yield client


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
    client: httpx.Client, database: Database, schema: DataSetSchema, scorer: Scorer
) -> None:
    batch = {"instances": [body(schema, row) for row in ROWS]}

    ones = [client.post("/predict", json=body(schema, row)).json() for row in ROWS]
    many = client.post("/predict/batch", json=batch).json()["predictions"]
    outputs = client.post("/v2/models/loans/infer", json=tensors(client, ROWS)).json()["outputs"]

    expected = scorer.score_rows(ROWS).tolist()
    assert len(set(expected)) > 1
    assert [one["probability"] for one in ones] == expected
    assert [one["probability"] for one in many] == expected
    answered = {output["name"]: output["data"] for output in outputs}
    assert answered["probability"] == expected
    ids = [answer["prediction_id"] for answer in [*ones, *many]] + answered["prediction_id"]
    columns = ", ".join(f'"{feature.column}"' for feature in schema.features)
    logged = database.query(
        f"SELECT probability, {columns} FROM prediction_log"
        " WHERE prediction_id = ANY(%s::uuid[]) ORDER BY array_position(%s::uuid[], prediction_id)",
        *(ids, ids),
    )
    assert logged == [
        (probability, *row) for probability, row in zip(expected * 3, ROWS * 3, strict=True)
    ]
    assert {type(row[3]) for row in logged} == {bool, type(None)}


def test_what_is_wrong_is_named_and_its_place_is_kept(
    client: httpx.Client, database: Database, schema: DataSetSchema
) -> None:
    wrong = body(schema, [True, 1.5, 1.0, "Web", ""])

    response = client.post("/predict", json=wrong)

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
        lambda: database.query("SELECT 1 FROM rejected_request") != [],
        seconds=20,
        what="the refusal is kept",
    )
    ((kept,),) = database.query("SELECT errors FROM rejected_request")
    assert [entry["pointer"] for entry in kept] == [pointer for pointer, _ in errors]


def test_the_examples_of_the_document_work_as_they_stand(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()

    for path, item in document["paths"].items():
        if "post" not in item:
            continue
        version = client.get("/model").json()["model_version"]
        url = path.format(model_name="loans", model_version=version)
        for example in examples(item["post"]["requestBody"]["content"]["application/json"]):
            response = client.post(url, json=example)
            assert response.status_code == 200, (url, response.text)


def test_the_protocols_metadata_name_each_datatype(client: httpx.Client) -> None:
    metadata = client.get("/v2/models/loans").json()

    assert [tensor["datatype"] for tensor in metadata["inputs"]] == [
        *("FP64", "INT64", "BOOL", "BYTES", "BYTES")
    ]
    assert client.get("/v2").json()["extensions"] == ["null_elements"]


def test_without_its_declaration_the_model_is_refused(
    settings: dict[str, str], tmp_path: Path
) -> None:
    status, told = Service(tmp_path, settings).run()

    assert status == 1
    assert "is a model of loans, and DATASET is gmsc: set DATASET" in told
    assert "Traceback" not in told
