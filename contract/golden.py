"""Golden rows: requests with the exact scores that the trainer saw, for the api to repeat."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contract import stored_json
from contract.digest import canonical_json
from contract.document import RequestError
from contract.feature import Feature, Value
from contract.request import RequestModel, Values
from contract.schema import DataSetSchema
from contract.scoring import Scorer

_MAX_CASES = 10_000


class _Case(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    instance: dict[str, int | float | str | bool | None]
    probability: Annotated[float, Field(ge=0, le=1)]


class _Document(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    cases: Annotated[list[_Case], Field(min_length=1, max_length=_MAX_CASES)]


def encode(schema: DataSetSchema, scorer: Scorer, rows: Sequence[Values]) -> bytes:
    """`golden.json`: each row as the request that a client would send, and its probability."""
    scores = scorer.score_rows(rows).tolist()
    cases = [
        {"instance": _instance(schema, row), "probability": score}
        for row, score in zip(rows, scores, strict=True)
    ]
    return canonical_json({"cases": cases})


def rescored(schema: DataSetSchema, scorer: Scorer, golden: bytes) -> bytes:
    """The same requests, as they are written, with the probabilities of another scorer.

    Raises ValueError or RequestError.
    """
    cases = _cases(golden)
    scores = scorer.score_rows(_rows(schema, cases)).tolist()
    changed = [{**case, "probability": score} for case, score in zip(cases, scores, strict=True)]
    return canonical_json({"cases": changed})


def rows(schema: DataSetSchema, golden: bytes) -> list[Values]:
    """The golden requests, read as the api reads a request; raises ValueError or RequestError."""
    return _rows(schema, _cases(golden))


def scores(golden: bytes) -> list[float]:
    """The probabilities that the trainer saw; raises ValueError."""
    return [case["probability"] for case in _cases(golden)]


def first_difference(schema: DataSetSchema, scorer: Scorer, golden: bytes) -> str | None:
    """Send the golden requests through the whole path; None if every score is the same double.

    Each row is scored alone and all of them together, for both must give what the trainer saw.
    Raises ValueError where the document is not what `encode` writes.
    """
    cases = _cases(golden)
    try:
        received = _rows(schema, cases)
    except RequestError as error:
        return f"a golden row is not a valid request: {error}"
    together = scorer.score_rows(received).tolist()
    for index, case in enumerate(cases):
        expected = case["probability"]
        alone = scorer.score_row(received[index])
        for actual in (alone, together[index]):
            if actual != expected:
                return f"golden row {index}: the trainer saw {expected!r}, this is {actual!r}"
    return None


def _cases(golden: bytes) -> list[dict[str, Any]]:
    """As they were read, and not as a model of them: a request is made of the very numbers."""
    document = stored_json.read(golden)
    try:
        _Document.model_validate(document)
    except ValidationError as error:
        raise ValueError(stored_json.complaint(error)) from error
    cases: list[dict[str, Any]] = document["cases"]
    return cases


def _rows(schema: DataSetSchema, cases: Sequence[dict[str, Any]]) -> list[Values]:
    model = RequestModel(schema)
    return [model.parse(canonical_json(case["instance"])) for case in cases]


def _instance(schema: DataSetSchema, row: Values) -> dict[str, Value]:
    pairs = zip(schema.features, row, strict=True)
    return {feature.name: _sent(feature, value) for feature, value in pairs}


def _sent(feature: Feature, value: Value) -> Value:
    """As a client writes it: a whole number without a point."""
    return int(value) if feature.kind == "integer" and value is not None else value
