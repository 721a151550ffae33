"""Incidents as programs read them, and the document that says how."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import positive_data_acceptance

from monitor.incidents import reading
from monitor.incidents.documents import IncidentDocument
from monitor.incidents.hours import time_of
from tests.monitor.application import KEY, client, entry
from tests.monitor.conftest import Monitor
from tests.monitor.incidents import made
from tests.monitor.webhook.found import HOUR, LIFE, VERSION, keep, of
from tests.security.fuzzing import examples

OPENED, DIAGNOSED, ENDED = LIFE


@pytest.fixture
def known(monitor: Monitor) -> Iterator[httpx.Client]:
    """Of three incidents the second is closed; all were opened within two hours."""
    keep(monitor, OPENED, DIAGNOSED, of(2, OPENED), of(2, ENDED))
    keep(monitor, of(3, OPENED, timedelta(hours=2)))
    with client(monitor.database.url("monitor")) as made_client:
        yield made_client


@pytest.fixture(scope="module")
def nowhere() -> Iterator[httpx.Client]:
    """Of a monitor whose database is away."""
    with client() as made_client:
        yield made_client


def ids(answer: httpx.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [each["incident_id"] for each in answer.json()["incidents"]]


def iso(hour: float) -> str:
    return time_of(hour).isoformat().replace("+00:00", "Z")


def test_a_document_is_that_of_the_incident(known: httpx.Client, monitor: Monitor) -> None:
    with monitor.connections.snapshot() as reader:
        documents = [each.document() for each in reading.incidents(reader)]

    many, one = known.get("/api/incidents"), known.get("/api/incidents/1")

    assert many.json() == {"incidents": documents}
    assert one.json() == documents[2]
    assert one.headers["Content-Type"] == "application/json"
    assert one.json()["diagnosis"]["cause"] == "unit"


def test_incidents_are_the_newest_first_and_can_be_chosen(known: httpx.Client) -> None:
    def asked(**parameters: str) -> list[int]:
        return ids(known.get("/api/incidents", params=parameters))

    assert asked() == [3, 2, 1]
    assert asked(limit="2") == [3, 2]
    assert asked(state="open") == [3, 1]
    assert asked(state="open", limit="1") == [3]
    assert asked(state="closed") == [2]
    assert asked(version=VERSION, state="closed") == [2]
    assert asked(version="another") == []
    assert asked(as_of="2020-01-01") == []
    assert asked(as_of=iso(HOUR - 1)) == [2, 1]
    assert asked(as_of=iso(HOUR - 1), state="closed") == []


def test_one_is_told_as_it_was_known_then(known: httpx.Client) -> None:
    def asked(hour: float) -> httpx.Response:
        return known.get("/api/incidents/1", params={"as_of": iso(hour)})

    before, opened, diagnosed = asked(HOUR - 3), asked(HOUR - 2), asked(HOUR - 1)

    assert before.status_code == 404
    assert before.json()["detail"] == "there is no incident 1 then"
    assert opened.json()["diagnosis"] is None
    assert diagnosed.json()["diagnosis"]["cause"] == "unit"
    assert known.get("/api/incidents/4").json()["detail"] == "there is no incident 4"


@pytest.mark.parametrize(
    "path",
    [
        "?limit=0",
        "?limit=1001",
        "?limit=x",
        "?state=ajar",
        "?as_of=yesterday",
        "?as_of=2026-02-30",
        "?as_of=2026-07-02T13:00",
        "?as_of=2026-07-02T13:00%2B24:00",
        "?version=%00",
        "?version=",
        "?versions=a",
        "/0",
        "/x",
        "/9223372036854775808",
        "/1?as_of=soon",
    ],
)
def test_what_cannot_be_asked_is_a_problem(nowhere: httpx.Client, path: str) -> None:
    answer = nowhere.get(f"/api/incidents{path}")

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(answer.json()["detail"]) > 10


def test_without_postgres_it_is_said(nowhere: httpx.Client) -> None:
    answer = nowhere.get("/api/incidents")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_keys_are_wanted_here_as_on_the_page(monitor: Monitor) -> None:
    bearer = {"Authorization": f"Bearer {KEY}"}
    header = {"X-API-Key": KEY}
    beside = {"Authorization": "Bearer a-gateways", "X-API-Key": KEY}
    with client(monitor.database.url("monitor"), keys=entry("ops", KEY), host="x.example") as asked:
        let_in = [asked.get("/api/incidents", headers=each) for each in (bearer, header, beside)]
        refused = [
            asked.get(path, headers=each)
            for path in ("/api/incidents", "/api/incidents/1", "/api/openapi.json")
            for each in ({}, {"X-API-Key": "no"})
        ]
        document = asked.get("/api/openapi.json", headers=header).json()

    assert [answer.status_code for answer in let_in] == [200] * 3
    assert [answer.status_code for answer in refused] == [401] * 6
    assert document["security"] == [{"bearer": []}, {"key": []}]
    assert "401" in document["paths"]["/api/incidents"]["get"]["responses"]


@pytest.mark.parametrize("incident", made.everyone(), ids=lambda each: str(each.incident_id))
def test_every_incident_is_as_the_document_says(incident: Any) -> None:
    document = incident.document()

    read = IncidentDocument.model_validate_json(json.dumps(document, allow_nan=False))

    assert read.model_extra == {}
    assert read.model_dump(mode="json", by_alias=True) == document


def test_no_answer_is_outside_of_the_document(known: httpx.Client) -> None:
    schema = schemathesis.openapi.from_url(f"{known.base_url}/api/openapi.json")
    listed, one = schema["/api/incidents"]["GET"], schema["/api/incidents/{incident_id}"]["GET"]
    ways = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)

    @given(
        st.one_of([each.as_strategy(generation_mode=way) for each in (listed, one) for way in ways])
    )
    @settings(max_examples=examples(25), phases=[Phase.generate])
    def ask(case: Any) -> None:
        # No pattern can say that there is no 30th of February.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    ask()
