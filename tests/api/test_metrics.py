"""Prometheus gets figures that add up."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

from contract.datasets import DATASETS
from db.log import STATES

SCHEMA = DATASETS["gmsc"]


def figures(client: httpx.Client) -> dict[tuple[str, ...], float]:
    """The value of each sample, by its name and the values of its labels."""
    families = text_string_to_metric_families(client.get("/metrics").text)
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
