"""The golden rows: what the trainer saw, the api must see, to the last bit."""

import json
import math
from typing import Any

import pytest

from contract import golden
from contract.digest import canonical_json
from contract.scoring import Scorer
from tests.bundles import Fitted, as_sent, fit
from tests.gmsc import SCHEMA


@pytest.fixture
def document(fitted: Fitted, scorer: Scorer) -> Any:
    return json.loads(golden.encode(SCHEMA, scorer, as_sent(fitted.rows[:40])))


def difference(scorer: Scorer, document: Any) -> str | None:
    return golden.first_difference(SCHEMA, scorer, canonical_json(document))


def test_what_was_written_is_scored_alike(scorer: Scorer, document: Any) -> None:
    assert difference(scorer, document) is None


def test_each_row_is_the_request_that_a_client_would_send(document: Any, fitted: Fitted) -> None:
    instances = [case["instance"] for case in document["cases"]]

    assert all(tuple(instance) == tuple(sorted(SCHEMA.names)) for instance in instances)
    assert all(isinstance(instance["age"], int) for instance in instances)
    assert None in [instance["NumberOfDependents"] for instance in instances]
    sent = [[instance[name] for name in SCHEMA.names] for instance in instances]
    assert sent == as_sent(fitted.rows[:40])


@pytest.mark.parametrize("place", [0, 39])
def test_a_score_that_differs_in_its_last_bit_is_found(
    scorer: Scorer, document: Any, place: int
) -> None:
    case = document["cases"][place]
    case["probability"] = math.nextafter(case["probability"], 1)

    found = difference(scorer, document)

    assert found is not None
    assert f"golden row {place}" in found
    assert repr(case["probability"]) in found


def test_another_model_is_found(document: Any) -> None:
    other = fit(seed=8)

    found = difference(other.scorer, document)

    assert found is not None
    assert "the trainer saw" in found


def test_a_row_that_no_client_could_send_is_found(scorer: Scorer, document: Any) -> None:
    document["cases"][3]["instance"]["age"] = -1

    found = difference(scorer, document)

    assert found is not None
    assert "not a valid request" in found
