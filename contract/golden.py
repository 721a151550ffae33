"""Golden rows: requests with the exact scores that the trainer saw, for the api to repeat."""

import json
from collections.abc import Sequence

import numpy as np

from contract.digest import canonical_json
from contract.document import RequestError
from contract.preprocessing import Matrix
from contract.request import RequestModel, Values
from contract.schema import DataSetSchema
from contract.scoring import Scorer


def as_matrix(rows: Sequence[Values]) -> Matrix:
    """Rows of a request as the scorer takes them, (n, f), NaN for null."""
    return np.array(rows, dtype=np.float64)


def encode(schema: DataSetSchema, scorer: Scorer, rows: Matrix) -> bytes:
    """`golden.json`: each row as the request that a client would send, and its probability."""
    scores = scorer.score(rows)
    cases = [
        {"instance": _instance(schema, row), "probability": float(score)}
        for row, score in zip(rows, scores, strict=True)
    ]
    return canonical_json({"cases": cases})


def rows(schema: DataSetSchema, golden: bytes) -> Matrix:
    """The golden requests, read as the api reads a request; raises RequestError."""
    model = RequestModel(schema)
    cases = json.loads(golden)["cases"]
    return as_matrix([model.parse(canonical_json(case["instance"])) for case in cases])


def first_difference(schema: DataSetSchema, scorer: Scorer, golden: bytes) -> str | None:
    """Send the golden requests through the whole path; None if every score is the same double.

    Each row is scored alone and all of them together, for both must give what the trainer saw.
    """
    cases = json.loads(golden)["cases"]
    try:
        received = rows(schema, golden)
    except RequestError as error:
        return f"a golden row is not a valid request: {error}"
    together = scorer.score(received)
    for index, case in enumerate(cases):
        expected = case["probability"]
        alone = scorer.score_row(received[index].tolist())
        for actual in (alone, float(together[index])):
            if actual != expected:
                return f"golden row {index}: the trainer saw {expected!r}, this is {actual!r}"
    return None


def _instance(schema: DataSetSchema, row: Matrix) -> dict[str, float | int | None]:
    instance: dict[str, float | int | None] = {}
    for feature, value in zip(schema.features, row.tolist(), strict=True):
        if np.isnan(value):
            instance[feature.name] = None
        else:
            instance[feature.name] = int(value) if feature.kind == "integer" else value
    return instance
