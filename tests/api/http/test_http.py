"""Methods, headers, limits: what HTTP says beside the body's content."""

import json
import re
import socket
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.service import Service
from tests.api.test_bad_input import JSON, check_problem
from tests.conftest import Database
from tests.gmsc import SCHEMA

LIMIT = 2**20
BODY = json.dumps(SCHEMA.example).encode()


def raw(service: Service, request: bytes, *, closing: bool = False) -> bytes:
    """What the service sends back on a connection that sends these bytes."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(request)
        if closing:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
        return answer


def test_an_unknown_path_is_not_found(client: httpx.Client) -> None:
    for path in ("/nothing", "/predict/", "/health/x", "/%2e%2e/etc/passwd", "/problems/nothing"):
        check_problem(client.get(path), 404, "not-found")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_method_that_the_path_does_not_understand_is_refused(
    client: httpx.Client, method: str
) -> None:
    response = client.request(method, "/predict")

    check_problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "POST"


def test_head_is_get_without_the_body(client: httpx.Client) -> None:
    response = client.head("/model")

    assert response.status_code == 200
    assert int(response.headers["content-length"]) == len(client.get("/model").content)
    assert response.content == b""
    assert client.head("/predict").status_code == 405


def test_options_tells_the_methods(client: httpx.Client) -> None:
    response = client.options("/predict/batch")

    assert response.status_code == 204
    assert response.headers["allow"] == "POST"
    assert client.options("/nothing").status_code == 404


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON;charset="UTF-8"',
        "application/json;",
        "application/json ; ; charset=utf8;",
        "application/json; charset=us-ascii",
        'application/json; profile="a;b"; charset=utf-8',
        "application/json; charset = utf-8",
    ],
)
def test_json_is_taken_under_each_of_its_names(client: httpx.Client, media_type: str) -> None:
    response = client.post("/predict", content=BODY, headers={"Content-Type": media_type})

    assert response.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": ""},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/jsonx"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json; charset="},
        {"Content-Type": "application/json charset=utf-8"},
        {"Content-Type": "application/json, text/plain"},
        {"Content-Type": "; application/json"},
        {"Content-Type": "application/vnd.api+json"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
    ids=str,
)
def test_another_media_type_is_refused(client: httpx.Client, headers: dict[str, str]) -> None:
    response = client.post("/predict", content=BODY, headers=headers)

    document = check_problem(response, 415, "unsupported-media-type")
    assert response.headers["accept"] == "application/json"
    reason = "is no Content-Type" if not headers.get("Content-Type") else "Content-"
    assert reason in document["detail"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"\xef\xbb\xbf" + BODY, "begins with a byte order mark"),
        (BODY.decode().encode("utf-16"), "is in UTF-16"),
        (BODY.decode().encode("utf-16-le"), "is in UTF-16"),
        (BODY.decode().encode("utf-16-be"), "is in UTF-16"),
        (BODY.decode().encode("utf-32"), "is in UTF-32"),
        (BODY.replace(b"age", b"\xe4ge"), "is not in UTF-8 at byte"),
    ],
)
@pytest.mark.parametrize("path", ["/predict", "/predict/batch", "/v2/models/gmsc/infer"])
def test_a_body_in_another_encoding_is_refused_by_its_name(
    client: httpx.Client, path: str, body: bytes, named: str
) -> None:
    response = client.post(path, content=body, headers=JSON)

    assert response.status_code == 400
    assert f"the body {named}" in response.text


@pytest.mark.parametrize("name", ["Stra\u00dfe 5", "\u010d.1", "\u6848\u4ef6", "a"])
def test_a_reference_is_one_text_by_whatever_door_it_comes(
    client: httpx.Client, log_database: Database, name: str
) -> None:
    tensor = {
        "name": "rows",
        "shape": [1, len(SCHEMA.example)],
        "datatype": "FP64",
        "data": list(SCHEMA.example.values()),
    }
    doors: list[tuple[str, Any, bytes | None]] = [
        ("/predict", SCHEMA.example, name.encode()),
        ("/v2/models/gmsc/infer", {"id": name, "inputs": [tensor]}, None),
    ]
    if all(ord(letter) < 256 for letter in name):
        doors.append(("/predict", SCHEMA.example, name.encode("latin-1")))

    for path, document, header in doors:
        request_id = uuid.uuid4().hex
        headers = [(b"X-Request-ID", request_id.encode())]
        headers += [] if header is None else [(b"X-Client-Reference", header)]
        assert client.post(path, json=document, headers=headers).status_code == 200
        query = "SELECT client_reference FROM prediction_log WHERE request_id = %s"
        assert log_database.query(query, request_id) == [(name,)], path


def test_a_body_up_to_the_limit_is_read(client: httpx.Client) -> None:
    response = client.post("/predict", content=BODY + b" " * (LIMIT - len(BODY)), headers=JSON)

    assert response.status_code == 200


def test_a_body_over_the_limit_is_refused(client: httpx.Client) -> None:
    response = client.post("/predict", content=BODY + b" " * LIMIT, headers=JSON)

    check_problem(response, 413, "body-too-large")


def test_a_body_of_unknown_length_is_read_up_to_the_limit(client: httpx.Client) -> None:
    def chunks(count: int) -> Iterator[bytes]:
        yield BODY
        for _ in range(count):
            yield b" " * 65_536

    assert client.post("/predict", content=chunks(3), headers=JSON).status_code == 200
    refused = client.post("/predict", content=chunks(17), headers=JSON)
    check_problem(refused, 413, "body-too-large")


def test_a_declared_length_over_the_limit_is_refused_before_it_is_sent(service: Service) -> None:
    answer = raw(
        service,
        b"POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nContent-Length: 9999999999\r\n\r\n",
    )

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"type":"/problems/body-too-large"' in answer


def test_a_client_that_waits_to_be_let_on_is_refused_without_its_body(service: Service) -> None:
    answer = raw(
        service,
        b"POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n"
        b"Content-Type: application/json\r\nContent-Length: 9999999\r\n\r\n",
    )

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_body_shorter_than_declared_is_never_scored(service: Service) -> None:
    """The client goes away in the middle of its body."""
    request_id = uuid.uuid4().hex
    head = (
        f"POST /predict HTTP/1.1\r\nHost: x\r\nX-Request-ID: {request_id}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY) + 1}\r\n\r\n"
    )

    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(head.encode() + BODY)

    line = service.wait_for_line(event="request", request_id=request_id)
    assert line["status"] == 499


def test_a_body_longer_than_declared_is_cut_where_it_was_declared(service: Service) -> None:
    answer = raw(
        service,
        b"POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nContent-Length: 20\r\n\r\n" + BODY,
    )

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"type":"/problems/malformed-body"' in answer


def test_a_request_id_is_echoed(client: httpx.Client) -> None:
    for path, name in (("/health", "abc"), ("/nothing", "~!" * 64)):
        response = client.get(path, headers={"X-Request-ID": name})
        assert response.headers["x-request-id"] == name


@pytest.mark.parametrize("name", [b"", b"a b", b"x" * 129, b"\xfcber", b"tab\there"])
def test_a_request_id_that_could_do_harm_is_replaced(client: httpx.Client, name: bytes) -> None:
    headers = [(b"X-Request-ID", name)]

    made_up = {client.get("/health", headers=headers).headers["x-request-id"] for _ in range(3)}

    assert len(made_up) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in made_up)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Client-Reference", b"x" * 201),
        ("X-Client-Reference", b""),
        ("X-Client-Reference", b"a\tb"),
        ("X-Client-Reference", b"\x80"),
        ("X-Event-Time", b"yesterday"),
        ("X-Outcome-Due", b"2024-02-28T00:00:00"),
        ("X-Event-Time", b"2024-02-30T00:00:00Z"),
        ("X-Event-Time", b"2024-02-28T00:00:00"),
        ("X-Event-Time", b"2024-02-28"),
        ("X-Event-Time", b"20240228T000000Z"),
        ("X-Event-Time", b"2024-02-28T24:00:00Z"),
        ("X-Event-Time", b"1999-12-31T23:59:59Z"),
        ("X-Event-Time", b"2100-01-01T00:00:00Z"),
        ("X-Event-Time", b"0001-01-01T00:00:00+14:00"),
        ("X-Event-Time", b"9999-12-31T23:59:59-14:00"),
        ("X-Event-Time", b"2024-02-28T00:00:00+99:00"),
        ("X-Event-Time", "\u0662\u0660\u0662\u0664-02-28T00:00:00Z".encode()),
    ],
)
def test_a_header_that_breaks_its_rule_is_refused_by_its_name(
    client: httpx.Client, header: str, value: bytes
) -> None:
    response = client.post("/predict", json=SCHEMA.example, headers=[(header.encode(), value)])

    document = check_problem(response, 400, "invalid-header")
    assert document["header"] == header
    assert document["detail"].startswith(f"{header} must be ")


@pytest.mark.parametrize(
    "value",
    [
        b"nonsense",
        b"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        b"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        b"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        b"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
    ],
)
def test_an_invalid_traceparent_is_as_none(client: httpx.Client, value: bytes) -> None:
    response = client.post("/predict", json=SCHEMA.example, headers=[(b"traceparent", value)])

    assert response.status_code == 200


def test_the_server_does_not_name_its_software(client: httpx.Client) -> None:
    response = client.get("/health")

    assert "server" not in response.headers
    assert "date" in response.headers


def test_requests_on_one_connection_are_answered_in_their_order(service: Service) -> None:
    def request(name: str, last: bool) -> bytes:
        head = (
            f"POST /predict HTTP/1.1\r\nHost: x\r\nX-Request-ID: {name}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n"
            f"Connection: {'close' if last else 'keep-alive'}\r\n\r\n"
        )
        return head.encode() + BODY

    answer = raw(service, b"".join(request(str(n), n == 4) for n in range(5)))

    names = [line for line in answer.split(b"\r\n") if line.startswith(b"x-request-id: ")]
    assert names == [f"x-request-id: {n}".encode() for n in range(5)]
