"""A derived version answers, and logs, what the trainer scores by it, to the last bit."""

from pathlib import Path
from typing import Any

import pytest

from contract.bundle import load
from contract.link import Link
from contract.scoring import decide
from contract.store import ModelStore
from tests import plain
from tests.api.bundle import publish
from tests.api.model.test_swap import POLL, served, wait_until
from tests.api.predictions.test_oip import INFER, matrix
from tests.api.predictions.test_predict import instances
from tests.api.service import Service
from tests.bundles import publish_derived, random_rows
from tests.conftest import Database

LINK = Link(-0.7182818284, 1.2345678901)
THRESHOLD = 0.125
ROWS = random_rows(400, seed=23)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """A version that is active, and one derived from it."""
    models = tmp_path / "models"
    publish_derived(models, publish(models), LINK, THRESHOLD)
    return ModelStore(models)


def answered(service: Service) -> dict[str, list[dict[str, Any]]]:
    """Each protocol's answers to the rows; of single requests the first fifty."""
    sent = instances(ROWS)
    alone = [plain.post(f"{service.url}/predict", json=row).json() for row in sent[:50]]
    batch = plain.post(f"{service.url}/predict/batch", json={"instances": sent}).json()
    outputs = plain.post(f"{service.url}{INFER}", json=matrix(sent)).json()["outputs"]
    named = {output["name"]: output["data"] for output in outputs}
    inferred = [dict(zip(named, row, strict=True)) for row in zip(*named.values(), strict=True)]
    return {"/predict": alone, "/predict/batch": batch["predictions"], "/v2": inferred}


def check(service: Service, store: ModelStore, version: str, log_database: Database) -> list[float]:
    """That every answer and every row of the log is what `version` scores; these scores."""
    bundle = load(store.path(version))
    expected: list[float] = bundle.scorer.score(ROWS).tolist()
    for protocol, answers in answered(service).items():
        scores = expected[: len(answers)]
        assert [answer["probability"] for answer in answers] == scores, protocol
        decisions = [decide(score, bundle.threshold) for score in scores]
        assert [answer["prediction"] for answer in answers] == decisions, protocol
        logged = log_database.query(
            "SELECT prediction_id::text, probability, prediction, threshold, model_version"
            " FROM prediction_log WHERE prediction_id = ANY(%s::uuid[])",
            [answer["prediction_id"] for answer in answers],
        )
        rows = {key: row for key, *row in logged}
        assert [rows[answer["prediction_id"]] for answer in answers] == [
            [score, decision, bundle.threshold, version]
            for score, decision in zip(scores, decisions, strict=True)
        ], protocol
    return expected


def test_one_score_in_trainer_answer_and_log_there_and_back_again(
    store: ModelStore, log_database: Database, tmp_path: Path
) -> None:
    parent = str(store.active())
    (derived,) = set(store.versions()) - {parent}
    settings = {
        "MODELS_DIR": str(store.root),
        "DATABASE_URL": log_database.url("api"),
        "MODEL_POLL_SECONDS": POLL,
    }
    with Service(tmp_path, settings) as service:
        before = check(service, store, parent, log_database)

        store.activate(derived)
        wait_until(lambda: served(service) == derived, "the derived version is served")
        between = check(service, store, derived, log_database)
        model = plain.get(f"{service.url}/model").json()

        store.activate(parent)
        wait_until(lambda: served(service) == parent, "the other version is served again")
        assert check(service, store, parent, log_database) == before

    margins = load(store.path(parent)).scorer.margins(ROWS)
    assert between == LINK.probabilities(margins).tolist() != before
    assert model["derived_from"] == parent
    assert model["link"] == {"intercept": LINK.intercept, "slope": LINK.slope}
    assert model["threshold"] == THRESHOLD
    assert log_database.query(
        "SELECT metadata->>'derived_from', metadata->'link' FROM model_version"
        " WHERE model_version = %s",
        derived,
    ) == [(parent, {"intercept": LINK.intercept, "slope": LINK.slope})]
