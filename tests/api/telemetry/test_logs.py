import json
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.telemetry.line_writer import LineWriter
from api.telemetry.logs import LineFormat, timestamp, trace
from contract.document import RequestError
from contract.request import RequestModel
from tests import plain
from tests.api.service import Service
from tests.conftest import Database
from tests.gmsc import SCHEMA


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


def notice(count: int) -> bytes:
    return b"dropped %d\n" % count


def read_until(descriptor: int, mark: bytes) -> bytes:
    text = b""
    while mark not in text:
        text += os.read(descriptor, 65_536)
    return text


def test_a_request_is_one_line_of_json(service: Service, client: httpx.Client) -> None:
    name = "one-line"
    client.post("/predict?age=424242", json=SCHEMA.example, headers={"X-Request-ID": name})

    line = service.wait_for_line(event="request", request_id=name)

    assert list(line) == [
        "ts",
        "level",
        "event",
        "request_id",
        "method",
        "route",
        "status",
        "duration_ms",
        "model_version",
    ]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["ts"])
    assert (line["level"], line["method"], line["route"]) == ("info", "POST", "/predict")
    assert line["status"] == 200
    assert 0 < line["duration_ms"] < 60_000
    assert line["model_version"].startswith("gmsc-")


def test_a_request_is_logged_by_its_template_and_without_what_was_sent(
    service: Service, client: httpx.Client
) -> None:
    client.get("/problems/confidential-5?x=confidential-6", headers={"X-Request-ID": "template"})
    client.get("/confidential-7", headers={"X-Request-ID": "no-route"})

    assert service.wait_for_line(request_id="template")["route"] == "/problems/{name}"
    assert service.wait_for_line(request_id="no-route")["route"] == "(none)"
    assert "confidential" not in service.text


def test_probes_are_not_logged(service: Service, client: httpx.Client) -> None:
    for path in ("/livez", "/readyz", "/health"):
        client.get(path, headers={"X-Request-ID": "a-probe"})
    client.get("/model", headers={"X-Request-ID": "after-the-probes"})

    service.wait_for_line(request_id="after-the-probes")

    assert "a-probe" not in service.text


def test_probes_are_shown_to_whoever_debugs(
    models: Path, log_database: Database, tmp_path: Path
) -> None:
    settings = {
        "MODELS_DIR": str(models),
        "DATABASE_URL": log_database.url("api"),
        "LOG_LEVEL": "debug",
    }

    with Service(tmp_path, settings) as service:
        plain.get(f"{service.url}/livez", headers={"X-Request-ID": "a-probe"})

        assert service.wait_for_line(request_id="a-probe")["level"] == "debug"


def test_people_get_readable_lines() -> None:
    fields = {"route": "/model", "status": 200}

    line = LineFormat(as_json=False).line(1_763_903_470.5, "info", "request", fields)

    assert line == b"2025-11-23T13:11:10.500Z info     request route=/model status=200\n"


def test_lines_arrive_in_their_order(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    writer = LineWriter(writing, notice)

    for number in range(1000):
        writer.put(b"%d\n" % number)
    writer.close()

    assert read_until(reading, b"999\n") == b"".join(b"%d\n" % number for number in range(1000))


def test_a_reader_that_stops_holds_up_nobody_and_learns_what_it_missed(
    pipe: tuple[int, int],
) -> None:
    reading, writing = pipe
    writer = LineWriter(writing, notice, max_lines=100)
    line = b"x" * 1023 + b"\n"

    for _ in range(2000):  # the pipe takes 64 of them
        writer.put(line)

    assert writer.dropped >= 1000
    text = read_until(reading, b"dropped")
    text += read_until(reading, b"\n") if not text.endswith(b"\n") else b""
    assert text.count(line) + writer.dropped == 2000
    assert text.endswith(notice(writer.dropped))
    writer.close()


def test_a_reader_that_is_gone_does_not_end_the_writer() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    writer = LineWriter(writing, notice)

    writer.put(b"to nobody\n")
    writer.close()

    assert writer.dropped == 1
    assert not any(thread.name == "log-lines" for thread in threading.enumerate())
    os.close(writing)


def test_a_time_is_written_to_the_millisecond() -> None:
    assert timestamp(1_763_903_470.0) == "2025-11-23T13:11:10.000Z"
    assert timestamp(1_763_903_470.9999) == "2025-11-23T13:11:10.999Z"


def test_a_trace_names_places_and_types_and_no_value() -> None:
    body = json.dumps(SCHEMA.example | {"age": 424242}).encode()
    try:
        try:
            RequestModel(SCHEMA).parse(body)
        except RequestError:
            raise FileNotFoundError(2, "No such file or directory", "/secret") from None
    except OSError as error:
        hidden = trace(error)
    try:
        RequestModel(SCHEMA).parse(body)
    except RequestError as error:
        chained = trace(error)

    assert "FileNotFoundError: No such file or directory" in hidden
    assert "InvalidFields" not in hidden
    assert "pydantic_core" in chained
    assert "contract.document.InvalidFields" in chained
    assert "in parse" in chained
    assert "424242" not in chained
