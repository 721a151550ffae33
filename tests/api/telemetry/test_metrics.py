"""Prometheus gets figures that add up."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.telemetry.figures import Figures, SharedFigures, SharedPages
from contract.store import ModelStore
from db.log import STATES
from tests import plain
from tests.api.service import Service
from tests.conftest import Database
from tests.gmsc import SCHEMA

PREDICTED = ("http_requests_total", "/predict", "200")
SCRAPES = 20

Found = dict[tuple[str, ...], float]


def figures(client: httpx.Client) -> Found:
    """The value of each sample, by its name and the values of its labels."""
    return samples(client.get("/metrics").text)


def samples(text: str) -> Found:
    families = text_string_to_metric_families(text)
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_a_prediction_is_counted_where_it_went(client: httpx.Client) -> None:
    before = figures(client)

    client.post("/predict", json=SCHEMA.example)
    client.post("/predict", json={})

    after = figures(client)
    grown = {name: value - before.get(name, 0.0) for name, value in after.items()}
    assert grown["http_requests_total", "/predict", "200"] == 1
    assert grown["http_requests_total", "/predict", "422"] == 1
    assert grown["http_request_duration_seconds_count", "/predict"] == 2
    assert grown["prediction_log_accepted_rows_total",] == 1
    answered = ("prediction_log_committed_rows_total", "prediction_log_spooled_rows_total")
    assert sum(grown[name,] for name in answered) == 1
    assert grown["prediction_log_refused_rows_total",] == 0


def test_exactly_one_state_is_set(client: httpx.Client) -> None:
    found = figures(client)

    states = {state: found["prediction_log_state", state] for state in STATES}

    assert sum(states.values()) == 1


def test_an_unknown_path_makes_no_series_of_its_own(client: httpx.Client) -> None:
    client.get("/no/such/path/1")
    client.get("/no/such/path/2")

    text = client.get("/metrics").text

    assert "/no/such/path" not in text


def test_the_time_of_the_model_and_the_size_of_a_batch_are_counted(client: httpx.Client) -> None:
    before = figures(client)

    client.post("/predict/batch", json={"instances": [SCHEMA.example] * 3}).raise_for_status()
    # So large that it is scored in a thread of its own.
    client.post("/predict/batch", json={"instances": [SCHEMA.example] * 200}).raise_for_status()
    client.post("/predict/batch", json={"instances": [{}]})

    after = figures(client)
    grown = {name: value - before.get(name, 0.0) for name, value in after.items()}
    route = "/predict/batch"
    assert grown["prediction_batch_size_sum", route] == 203
    assert grown["prediction_batch_size_count", route] == 2
    assert grown["prediction_batch_size_bucket", "2.0", route] == 0
    assert grown["prediction_batch_size_bucket", "5.0", route] == 1
    assert grown["prediction_batch_size_bucket", "+Inf", route] == 2
    assert grown["scoring_duration_seconds_count", route] == 2
    scoring = grown["scoring_duration_seconds_sum", route]
    assert 0 < scoring < grown["http_request_duration_seconds_sum", route]


@pytest.fixture
def workers(models: Path, log_database: Database, tmp_path: Path) -> Iterator[Service]:
    """Two of them."""
    (tmp_path / "tmp").mkdir()
    settings = {"MODELS_DIR": str(models), "DATABASE_URL": log_database.url("api")}
    settings |= {"WORKERS": "2", "TMPDIR": str(tmp_path / "tmp")}
    with Service(tmp_path, settings) as running:
        # Both of them are there when both have a log.
        wait(running, lambda found: states(found) == 2)
        yield running


def scrape(service: Service) -> Found:
    """Over a new connection, which any worker may take."""
    return samples(plain.get(f"{service.url}/metrics").text)


def _scraped_apart(service: Service) -> Found:
    """A request is counted once its answer is out: the next one must not overtake that."""
    time.sleep(0.05)
    return scrape(service)


def wait(service: Service, expected: Callable[[Found], bool]) -> Found:
    """What a scrape finds as soon as it is as expected."""
    deadline = time.monotonic() + 20
    found: Found = {}
    while time.monotonic() < deadline:
        # A worker that was killed takes the connections that waited for it along.
        with suppress(httpx.TransportError):
            found = scrape(service)
            if expected(found):
                return found
        time.sleep(0.05)
    raise AssertionError(found)


def states(found: Found) -> float:
    return sum(found["prediction_log_state", state] for state in STATES)


def predict(service: Service, number: int) -> None:
    """Each over a connection of its own."""
    with ThreadPoolExecutor(8) as threads:
        for answer in threads.map(
            lambda _: plain.post(f"{service.url}/predict", json=SCHEMA.example), range(number)
        ):
            assert answer.status_code == 200


def test_every_scrape_knows_what_all_workers_did(workers: Service, models: Path) -> None:
    predict(workers, 60)
    accepted = ("prediction_log_accepted_rows_total",)

    wait(workers, lambda found: found[PREDICTED] == 60 and found[accepted] == 60)
    found = [_scraped_apart(workers) for _ in range(SCRAPES)]

    assert {each[PREDICTED] for each in found} == {60}
    assert {each["http_request_duration_seconds_count", "/predict"] for each in found} == {60}
    assert {each["prediction_batch_size_sum", "/predict"] for each in found} == {60}
    assert {each[accepted] for each in found} == {60}
    version = ModelStore(models).active()
    assert {each["model_info", "false", str(version)] for each in found} == {2}
    counted = [each["http_requests_total", "/metrics", "200"] for each in found]
    assert counted == [counted[0] + at for at in range(SCRAPES)]


def test_what_a_killed_worker_counted_stays_and_its_gauges_go(workers: Service) -> None:
    predict(workers, 40)
    before = wait(workers, lambda found: found["prediction_log_accepted_rows_total",] == 40)
    old = workers.workers
    killed = min(old)

    os.kill(killed, signal.SIGKILL)

    alone = wait(workers, lambda found: states(found) == 1)
    wait(workers, lambda found: states(found) == 2)
    predict(workers, 10)
    replaced = wait(workers, lambda found: found["prediction_log_accepted_rows_total",] >= 50)
    after = [scrape(workers) for _ in range(SCRAPES)]
    assert len(old - workers.workers) == 1
    assert alone[PREDICTED] == before[PREDICTED] == 40
    assert {each[PREDICTED] for each in after} == {50}
    assert {states(each) for each in after} == {2}
    for name, value in replaced.items():
        if name[0].endswith(("_total", "_bucket", "_count", "_sum")):
            assert value >= before.get(name, 0.0), name


def test_what_the_workers_count_lies_where_nobody_clears(workers: Service) -> None:
    assert not list(Path(workers.environment["TMPDIR"]).iterdir())


def _hold(pages: SharedPages, connection: Connection) -> None:
    figures = SharedFigures(pages)
    figures.cells[1] += 5.0
    figures.labels["of"] = "the other"
    figures.publish()
    connection.send(None)
    connection.recv()


def test_a_page_is_free_when_its_holder_is_gone() -> None:
    pages, context = SharedPages(3, 4), multiprocessing.get_context("spawn")
    figures, seen = SharedFigures(pages), []

    for _ in range(2):
        ours, theirs = context.Pipe()
        process = context.Process(target=_hold, args=(pages, theirs))
        process.start()
        ours.recv()
        seen.append([(page.cells[1], page.labels, page.alive) for page in figures.pages()])
        process.kill()
        process.join()
        seen.append([(page.cells[1], page.labels, page.alive) for page in figures.pages()])

    other = {"of": "the other"}
    assert seen[0] == [(0.0, {}, True), (5.0, other, True)]
    assert seen[1] == [(0.0, {}, True), (5.0, other, False)]
    assert seen[2] == [(0.0, {}, True), (10.0, other, True)]
    assert seen[3] == [(0.0, {}, True), (10.0, other, False)]


def test_the_page_of_the_only_process_is_its_own() -> None:
    only = Figures(2)
    only.cells[1] += 2.0

    only.publish()
    (page,) = only.pages()

    assert (page.cells.tolist(), page.alive) == ([0.0, 2.0], True)
