"""Another model takes the served one's place while requests go on, or is refused."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest

from contract.bundle import load
from contract.provenance import Provenance
from contract.signature import SigningKeys
from contract.store import ModelStore
from tests import bundles, plain
from tests.api.bundle import publish
from tests.api.service import Service
from tests.conftest import Database
from tests.gmsc import SCHEMA

SWAPS = 100
INSTANCES = [SCHEMA.example | {"age": age} for age in range(20, 80)]
ROWS = [[instance[name] for name in SCHEMA.names] for instance in INSTANCES]
POLL = "0.05"


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """Two versions that score differently; the second is active."""
    models = tmp_path / "models"
    for seed in (1, 2):
        publish(models, seed=seed)
    return ModelStore(models)


@pytest.fixture
def settings(store: ModelStore, log_database: Database) -> dict[str, str]:
    return {
        "MODELS_DIR": str(store.root),
        "DATABASE_URL": log_database.url("api"),
        "MODEL_POLL_SECONDS": POLL,
    }


@pytest.fixture
def service(settings: dict[str, str], tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path, settings) as running:
        yield running


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.01)


def health(service: Service) -> dict[str, object]:
    response = plain.get(f"{service.url}/health")
    assert response.status_code == 200
    document: dict[str, object] = response.json()
    return document


def served(service: Service) -> object:
    return health(service)["model_version"]


def refused(service: Service) -> object:
    wait_until(lambda: health(service)["refused_model"] is not None, "the refusal is shown")
    return health(service)["refused_model"]


@dataclass
class Asking:
    """Callers that keep every answer; they end with the block."""

    service: Service
    answers: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> "Asking":
        for path in ("/predict", "/predict", "/predict/batch"):
            self._threads.append(threading.Thread(target=self._ask, args=(path,)))
            self._threads[-1].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, path: str) -> None:
        body: object = INSTANCES[0] if path == "/predict" else {"instances": INSTANCES}
        with plain.Client(base_url=self.service.url, timeout=20) as client:
            while not self._ended.is_set():
                try:
                    response = client.post(path, json=body)
                except httpx.TransportError as error:
                    self.failures.append(repr(error))
                    continue
                if response.status_code == 200:
                    self.answers.append((path, response.json()))
                else:
                    self.failures.append(response.text)


def test_a_hundred_swaps_under_load_fail_and_mix_no_answer(
    service: Service, store: ModelStore, log_database: Database
) -> None:
    versions = store.versions()
    expected = {
        version: load(store.path(version)).scorer.score_rows(ROWS).tolist() for version in versions
    }
    assert expected[versions[0]][0] != expected[versions[1]][0]
    since = log_database.query("SELECT now()")[0][0]
    turns = itertools.cycle(sorted(versions, key=lambda version: version == store.active()))

    with Asking(service) as asking:
        for version in itertools.islice(turns, SWAPS):
            store.activate(version)
            wait_until(lambda version=version: served(service) == version, f"{version} is served")  # type: ignore[misc]

    assert not asking.failures
    seen = set()
    for path, answer in asking.answers:
        version = str(answer["model_version"])
        seen.add((path, version))
        if path == "/predict":
            assert answer["probability"] == expected[version][0]
        else:
            predictions = answer["predictions"]
            assert isinstance(predictions, list)
            assert [row["probability"] for row in predictions] == expected[version]
    assert len(seen) == 4, "both versions answered on both routes"
    ((mixed,),) = log_database.query(
        "SELECT count(*) FROM (SELECT request_id FROM prediction_log WHERE predicted_at >= %s"
        " GROUP BY request_id HAVING count(DISTINCT model_version) > 1) AS mixed",
        since,
    )
    assert mixed == 0
    activations = log_database.query(
        "SELECT model_version, previous_version, reason FROM model_activation"
        " WHERE activated_at >= %s ORDER BY activated_at",
        since,
    )
    assert len(activations) == SWAPS
    assert {reason for _, _, reason in activations} == {"activated"}
    for (before, _, _), (_, previous, _) in itertools.pairwise(activations):
        assert previous == before


def test_what_served_from_when_on_stands_in_the_database(
    service: Service, store: ModelStore, log_database: Database
) -> None:
    second, first = served(service), next(v for v in store.versions() if v != store.active())
    store.activate(first)
    wait_until(lambda: served(service) == first, "the other version is served")
    plain.post(f"{service.url}/predict", json=SCHEMA.example)

    rows = log_database.query(
        "SELECT model_version, previous_version, reason FROM model_activation"
        " WHERE process_id = (SELECT process_id FROM model_activation"
        "                     WHERE model_version = %s AND reason = 'activated'"
        "                     ORDER BY activated_at DESC LIMIT 1)"
        " ORDER BY activated_at",
        first,
    )

    assert rows == [(second, None, "start"), (first, second, "activated")]
    known = log_database.query("SELECT model_version FROM model_version")
    assert {(first,), (second,)} <= set(known)


def refusals_of(service: Service) -> list[str]:
    """The versions that its log says it refused."""
    lines = (line for line in service.lines if "refused the model" in line["event"])
    return [line["refused_version"] for line in lines]


def test_a_damaged_model_changes_nothing_and_is_shown(service: Service, store: ModelStore) -> None:
    before = served(service)
    other = next(version for version in store.versions() if version != before)
    model = store.path(other) / "model.treelite"
    intact = model.read_bytes()
    model.write_bytes(intact[:-1])

    store.activate(other)
    shown = refused(service)

    assert isinstance(shown, dict)
    assert shown["version"] == other
    assert "model.treelite is not the file that was published" in shown["reason"]
    assert health(service)["status"] == "degraded"
    assert plain.get(f"{service.url}/readyz").status_code == 200
    answer = plain.post(f"{service.url}/predict", json=SCHEMA.example).json()
    assert answer["model_version"] == before
    metrics = plain.get(f"{service.url}/metrics").text
    assert "\nmodel_refused 1.0\n" in metrics
    assert "\nmodel_refusals_total 1.0\n" in metrics
    assert f'version="{before}"' in metrics
    # The line goes another way than the figures.
    wait_until(lambda: bool(refusals_of(service)), "the log says it")
    assert refusals_of(service) == [other], "said once"

    model.write_bytes(intact)
    store.activate(other)
    wait_until(lambda: served(service) == other, "the mended version is served")
    assert health(service)["refused_model"] is None
    assert "\nmodel_refused 0.0\n" in plain.get(f"{service.url}/metrics").text


def test_a_refusal_is_gone_when_the_served_version_is_made_active_again(
    service: Service, store: ModelStore
) -> None:
    before = str(served(service))
    other = next(version for version in store.versions() if version != before)
    (store.path(other) / "golden.json").unlink()
    store.activate(other)
    refused(service)

    store.activate(before)

    wait_until(lambda: health(service)["status"] == "ok", "the refusal is gone")


def test_a_changed_declaration_takes_a_restart(
    service: Service, store: ModelStore, tmp_path: Path
) -> None:
    before = served(service)
    provenance = Provenance(
        replace(SCHEMA, version=2), "0" * 64, is_sample=False, settings={"seed": 3}
    )

    changed = bundles.publish(store.root, bundles.fit(), provenance).name
    shown = refused(service)

    assert isinstance(shown, dict)
    assert shown["version"] == changed
    assert "restart the api to serve it" in shown["reason"]
    assert served(service) == before


@pytest.mark.parametrize("how", [{"MODEL_VERSION": ""}, {"MODEL_POLL_SECONDS": "0"}])
def test_it_can_be_turned_off(
    settings: dict[str, str], store: ModelStore, tmp_path: Path, how: dict[str, str]
) -> None:
    before = store.active()
    assert before
    if "MODEL_VERSION" in how:
        how = {"MODEL_VERSION": before}
    with Service(tmp_path, settings | how) as running:
        store.activate(next(version for version in store.versions() if version != before))
        time.sleep(1)
        assert served(running) == before


def test_an_unsigned_model_is_refused_until_it_is_signed(
    settings: dict[str, str], store: ModelStore, tmp_path: Path
) -> None:
    keys = SigningKeys(["some-key-" * 5])
    before, other = str(store.active()), next(v for v in store.versions() if v != store.active())
    ModelStore(store.root, keys).sign(before)
    with Service(tmp_path, settings | {"BUNDLE_SIGNING_KEY": "some-key-" * 5}) as running:
        store.activate(other)
        shown = refused(running)
        assert isinstance(shown, dict)
        assert f"{other} is not signed" in shown["reason"]
        assert served(running) == before

        ModelStore(store.root, keys).sign(other)
        store.activate(other)
        wait_until(lambda: served(running) == other, "the signed version is served")
