import json
import struct
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.bundle import Bundle, load
from contract.preprocessing import Matrix
from contract.store import ModelStore
from tests.api.bundle import THRESHOLD
from tests.bundles import random_rows
from tests.conftest import Database
from tests.gmsc import SCHEMA

COLUMNS = ", ".join(feature.column for feature in SCHEMA.features)


@pytest.fixture(scope="module")
def bundle(models: Path) -> Bundle:
    store = ModelStore(models)
    version = store.active()
    assert version
    return load(store.path(version))


def instances(rows: Matrix) -> list[dict[str, Any]]:
    return [
        {
            feature.name: None
            if np.isnan(value)
            else int(value)
            if feature.kind == "integer"
            else value
            for feature, value in zip(SCHEMA.features, row, strict=True)
        }
        for row in rows.tolist()
    ]


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


def row_of(database: Database, prediction_id: str, columns: str) -> Any:
    (row,) = database.query(
        f"SELECT {columns} FROM prediction_log WHERE prediction_id = %s", prediction_id
    )
    return row


def test_an_answer_names_what_was_scored_by_what(client: httpx.Client, bundle: Bundle) -> None:
    response = client.post("/predict", json=SCHEMA.example)

    answer = response.json()
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert list(answer) == [
        "prediction_id",
        "prediction",
        "probability",
        "predicted_at",
        "threshold",
        "model_version",
    ]
    assert answer["model_version"] == bundle.version
    assert answer["threshold"] == THRESHOLD
    assert answer["prediction"] == int(answer["probability"] >= THRESHOLD)


def test_an_answer_is_in_the_log_when_it_arrives(
    client: httpx.Client, log_database: Database
) -> None:
    answer = client.post("/predict", json=SCHEMA.example).json()

    row = row_of(
        log_database,
        answer["prediction_id"],
        "to_char(predicted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'),"
        " uuid_extract_timestamp(prediction_id) = predicted_at, probability, prediction,"
        " threshold, model_version, schema_version, route, instance_index, batch_size",
    )
    assert row == (
        answer["predicted_at"],
        True,
        answer["probability"],
        answer["prediction"],
        THRESHOLD,
        answer["model_version"],
        "gmsc/1",
        "/predict",
        0,
        1,
    )


def test_the_features_are_logged_as_received(client: httpx.Client, log_database: Database) -> None:
    sent = SCHEMA.example | {
        "age": 0,
        "MonthlyIncome": None,
        "NumberOfTimes90DaysLate": 98,
        "DebtRatio": 0.1 + 0.2,
    }

    answer = client.post("/predict", json=sent).json()

    assert list(row_of(log_database, answer["prediction_id"], COLUMNS)) == list(sent.values())


def test_an_integer_and_the_same_float_get_the_same_answer(client: httpx.Client) -> None:
    as_integer = json.dumps(SCHEMA.example | {"MonthlyIncome": 6000})
    as_float = json.dumps(SCHEMA.example | {"MonthlyIncome": 6000.0, "age": 45.0})

    answers = [
        client.post("/predict", content=body, headers={"Content-Type": "application/json"})
        for body in (as_integer, as_float)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["probability"] == answers[1].json()["probability"]


def test_a_thousand_rows_have_one_score_in_trainer_answer_and_log(
    client: httpx.Client, bundle: Bundle, log_database: Database
) -> None:
    rows = random_rows(1000, seed=11)
    expected = [bits(score) for score in bundle.scorer.score(rows).tolist()]

    alone = [client.post("/predict", json=item).json() for item in instances(rows)]
    together = client.post("/predict/batch", json={"instances": instances(rows)}).json()

    for answers in (alone, together["predictions"]):
        assert [bits(answer["probability"]) for answer in answers] == expected
        logged = dict(
            log_database.query(
                "SELECT prediction_id::text, probability FROM prediction_log"
                " WHERE prediction_id = ANY(%s::uuid[])",
                [answer["prediction_id"] for answer in answers],
            )
        )
        assert [bits(logged[answer["prediction_id"]]) for answer in answers] == expected


@pytest.mark.parametrize("count", [1, 3, 400], ids=["one", "inline", "in a thread"])
def test_a_batch_is_answered_and_logged_in_its_order(
    client: httpx.Client, bundle: Bundle, log_database: Database, count: int
) -> None:
    rows = random_rows(count, seed=3)

    answer = client.post("/predict/batch", json={"instances": instances(rows)}).json()

    predictions = answer["predictions"]
    assert [item["probability"] for item in predictions] == bundle.scorer.score(rows).tolist()
    assert answer["model_version"] == bundle.version
    assert answer["threshold"] == THRESHOLD
    logged = log_database.query(
        "SELECT prediction_id::text, instance_index, batch_size, route FROM prediction_log"
        " WHERE prediction_id = ANY(%s::uuid[]) ORDER BY instance_index",
        [item["prediction_id"] for item in predictions],
    )
    assert logged == [
        (item["prediction_id"], index, count, "/predict/batch")
        for index, item in enumerate(predictions)
    ]


def test_a_batch_with_one_bad_instance_is_refused_whole(
    client: httpx.Client, log_database: Database
) -> None:
    before = log_database.query("SELECT count(*) FROM prediction_log")
    bad = SCHEMA.example | {"age": -1}

    response = client.post("/predict/batch", json={"instances": [SCHEMA.example, bad]})

    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == ["/instances/1/age"]
    assert log_database.query("SELECT count(*) FROM prediction_log") == before


def test_what_the_caller_sends_along_is_kept_with_the_row(
    client: httpx.Client, log_database: Database
) -> None:
    headers = [
        (b"X-Request-ID", b"order-17"),
        (b"X-Client-Reference", "Zürich\\N 4711".encode("latin-1")),
        (b"X-Event-Time", b"2024-02-29T23:30:00.5+01:00"),
        (b"traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ]

    response = client.post("/predict", json=SCHEMA.example, headers=headers)

    assert response.headers["x-request-id"] == "order-17"
    assert row_of(
        log_database,
        response.json()["prediction_id"],
        "request_id, client_reference, trace_id,"
        " event_time = timestamptz '2024-02-29 22:30:00.5+00'",
    ) == ("order-17", "Zürich\\N 4711", "4bf92f3577b34da6a3ce929d0e0e4736", True)


def test_what_the_caller_does_not_send_along_is_null(
    client: httpx.Client, log_database: Database
) -> None:
    answer = client.post("/predict", json=SCHEMA.example).json()

    columns = "client_reference, event_time, trace_id"
    assert row_of(log_database, answer["prediction_id"], columns) == (None, None, None)


@pytest.mark.parametrize(
    ("moment", "utc"),
    [
        # Postgres takes no offset of 16 hours: as it stands the row would go into quarantine.
        ("2007-01-01T03:23:11-22:12", "2007-01-02 01:35:11+00"),
        ("2000-01-01T00:00:00+23:59", "1999-12-31 00:01:00+00"),
        ("2099-12-31T23:59:59.999999999-23:59", "2100-01-01 23:58:59.999999+00"),
    ],
)
def test_a_business_time_may_have_any_offset(
    client: httpx.Client, log_database: Database, moment: str, utc: str
) -> None:
    response = client.post("/predict", json=SCHEMA.example, headers={"X-Event-Time": moment})

    identity = response.json()["prediction_id"]
    assert row_of(log_database, identity, f"event_time = timestamptz '{utc}'") == (True,)
    assert client.get("/health").json()["log"]["quarantined_rows"] == 0


@given(st.floats(min_value=0, max_value=1))
def test_the_json_writer_keeps_every_bit_of_a_probability_in_the_fewest_digits(
    value: float,
) -> None:
    written = orjson.dumps(value).decode()

    def digits(text: str) -> str:
        return text.split("e", maxsplit=1)[0].replace(".", "").strip("0")

    assert bits(float(written)) == bits(value)
    assert digits(written) == digits(repr(value))
