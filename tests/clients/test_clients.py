"""Clients that others wrote for the protocol get the predictions of /predict."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from contract.scoring import Scorer
from tests.api.declared_table import ROWS
from tests.api.predictions.test_oip import INDEX, MODEL, columns, matrix
from tests.api.predictions.test_predict import instances, row_of
from tests.api.service import Service
from tests.api.test_declared_table import tensors
from tests.bundles import random_rows
from tests.clients.environment import Client
from tests.conftest import Database

BAD = f"/inputs/{INDEX['age']}/data/1: age must be an integer from 0 to 130"

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """Rows, and what the service's own protocol says of them."""

    service: Service
    client: httpx.Client
    database: Database
    nulls: Rows

    @property
    def rows(self) -> Rows:
        """Without null, which numpy's integers do not have."""
        return [
            {name: 1 if value is None else value for name, value in row.items()}
            for row in self.nulls
        ]

    @property
    def singles(self) -> Rows:
        """What numpy's FP32 makes of them."""
        return [
            {
                name: None if value is None else float(np.float32(value))
                for name, value in row.items()
            }
            for row in self.nulls
        ]

    @property
    def whole(self) -> Rows:
        """What numpy's integers make of them."""
        return [{name: int(value) for name, value in row.items()} for row in self.rows]

    @property
    def given(self) -> dict[str, Any]:
        """What a client's program is told to send."""
        bad = [self.rows[0], self.rows[1] | {"age": 131}]
        gaps = [tensor | {"datatype": "FP64"} for tensor in columns(self.nulls)["inputs"]]
        return {
            "gaps": gaps,
            "single": [matrix(self.singles)["inputs"][0] | {"datatype": "FP32"}],
            "whole": [matrix(self.whole)["inputs"][0] | {"datatype": "INT64"}],
            "inputs": columns(self.rows, width=True)["inputs"],
            "nulls": columns(self.nulls)["inputs"],
            "matrix": matrix(self.rows)["inputs"],
            "bad": columns(bad)["inputs"],
        }

    def probabilities(self, rows: Rows) -> list[float]:
        answer = self.client.post("/predict/batch", json={"instances": rows}).json()
        return [item["probability"] for item in answer["predictions"]]

    def check(self, told: dict[str, Any], reference: str, *same: str) -> None:
        """What every client was answered, and that `same` are the scores of `rows`."""
        assert list(told["named"]) == ["prediction_id", "probability"]
        (kept,) = row_of(self.database, told["named"]["prediction_id"][7], "client_reference")
        assert kept == told["id"] == reference
        expected = self.probabilities(self.rows)
        for name in ("named", *same):
            assert told[name]["probability"] == expected, name
        assert told["bad"]["status"] == 400
        assert BAD in told["bad"]["message"]

    def check_metadata(self, told: dict[str, Any]) -> None:
        assert told["server"] == self.client.get("/v2").json()
        assert told["metadata"] == self.client.get(MODEL).json()


@pytest.fixture(scope="module")
def case(service: Service, client: httpx.Client, log_database: Database) -> Case:
    nulls = instances(random_rows(20, seed=29))
    assert any(row["MonthlyIncome"] is None for row in nulls)
    assert any(row["NumberOfDependents"] is None for row in nulls)
    return Case(service, client, log_database, nulls)


def test_tritonclient(tritonclient: Client, case: Case) -> None:
    told = tritonclient.run(case.service.url, case.given)

    case.check(told, "triton-17", "default", "aio", "matrix")
    for name, rows in [("gaps", case.nulls), ("single", case.singles), ("whole", case.whole)]:
        assert told[name]["probability"] == case.probabilities(rows), name
    case.check_metadata(told)
    assert (told["live"], told["ready"], told["model_ready"]) == (True, True, True)
    assert told["other_ready"] is False
    assert told["binary"]["status"] == 400
    assert "binary_data=False" in told["binary"]["message"]
    assert told["other"]["status"] == 404


def test_tritonclient_sends_booleans_and_texts(
    tritonclient: Client, table_client: httpx.Client, table_scorer: Scorer
) -> None:
    # Without null, which numpy's booleans do not have.
    rows = [row for row in ROWS if None not in row]
    inputs = tensors(table_client, rows)["inputs"]

    told = tritonclient.run(str(table_client.base_url), {"table": inputs})

    assert {"BOOL", "BYTES"} <= {tensor["datatype"] for tensor in inputs}
    assert told["probability"] == table_scorer.score_rows(rows).tolist()
    assert len(rows) == 2


def test_kserve(kserve: Client, case: Case) -> None:
    told = kserve.run(case.service.url, case.given)

    case.check(told, "kserve-17", "numpy", "matrix")
    assert (told["live"], told["ready"], told["model_ready"]) == (True, True, True)
    assert told["other_ready"] is False
    assert told["model"] == "gmsc"
    assert told["nulls"]["probability"] == case.probabilities(case.nulls)
    assert told["other"]["status"] == 404


def test_the_types_of_mlserver(mlserver: Client, case: Case) -> None:
    told = mlserver.run(case.service.url, case.given)

    case.check(told, "mlserver-17", "default")
    case.check_metadata(told)
    assert told["nulls"]["probability"] == case.probabilities(case.nulls)


@pytest.mark.parametrize("batch", [1, 5])
def test_mlserver_infer(mlserver: Client, case: Case, tmp_path: Path, batch: int) -> None:
    """Its command that sends a file of requests, alone or many of them as one."""
    requests, answers = tmp_path / "requests.jsonl", tmp_path / "answers.jsonl"
    bodies = [columns([row], width=True) | {"id": str(n)} for n, row in enumerate(case.rows)]
    requests.write_text("".join(json.dumps(body) + "\n" for body in bodies))
    command = [str(mlserver.directory / "bin" / "mlserver"), "infer", "-m", "gmsc"]
    command += ["-u", case.service.url.removeprefix("http://"), "-s", str(batch)]
    command += ["-i", str(requests), "-o", str(answers)]

    mlserver.start(command)

    found = {}
    for line in answers.read_text().splitlines():
        answer = json.loads(line)
        assert "error" not in answer, answer
        outputs = {output["name"]: output["data"] for output in answer["outputs"]}
        found[answer["parameters"]["batch_index"]] = outputs["probability"]
    expected = case.probabilities(case.rows)
    assert found == {index: [value] for index, value in enumerate(expected)}
