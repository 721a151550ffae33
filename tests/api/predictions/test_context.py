"""A batch's instances carry what single requests carry by headers, into the log's columns."""

from datetime import UTC, datetime

import httpx

from tests.conftest import Database
from tests.gmsc import SCHEMA

EARLY = datetime(2026, 3, 1, tzinfo=UTC)
LATE = datetime(2026, 9, 1, tzinfo=UTC)


def test_each_row_has_its_own_reference_and_times_or_those_of_the_headers(
    client: httpx.Client, log_database: Database
) -> None:
    sent = {
        "instances": [SCHEMA.example] * 3,
        "context": [
            {"reference": "tab\\t", "event_time": EARLY.isoformat()},
            {"reference": "two", "outcome_due": LATE.isoformat()},
            {},
        ],
    }
    headers = {
        "X-Client-Reference": "all",
        "X-Event-Time": "2026-01-01T00:00:00Z",
        "X-Outcome-Due": "2026-12-01T00:00:00Z",
        "X-Request-ID": "with-context",
    }

    response = client.post("/predict/batch", json=sent, headers=headers)

    assert response.status_code == 200, response.text
    rows = log_database.query(
        "SELECT client_reference, event_time, outcome_due FROM prediction_log"
        " WHERE request_id = 'with-context' ORDER BY instance_index"
    )
    shared, due = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    assert rows == [("tab\\t", EARLY, due), ("two", shared, LATE), ("all", shared, due)]


def test_the_time_that_an_outcome_is_due_decides_its_state(client: httpx.Client) -> None:
    times = {"X-Event-Time": "2026-01-01T00:00:00Z", "X-Outcome-Due": "2026-02-01T00:00:00Z"}
    answer = client.post("/predict", json=SCHEMA.example, headers=times).json()

    known = client.get(f"/outcomes/{answer['prediction_id']}").json()

    assert known["predictions"][0]["state"] == "overdue"
    assert known["predictions"][0]["outcome_due"] == "2026-02-01T00:00:00+00:00"


def test_what_is_wrong_in_a_context_is_named(client: httpx.Client) -> None:
    sent = {"instances": [SCHEMA.example], "context": [{"event_time": "yesterday"}]}

    response = client.post("/predict/batch", json=sent)

    assert response.status_code == 422
    assert [item["pointer"] for item in response.json()["errors"]] == ["/context/0/event_time"]
