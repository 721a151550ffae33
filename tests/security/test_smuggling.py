"""No byte of a body is ever a request, and what was read whole is answered."""

import uuid

import pytest

from tests.api.service import Service
from tests.conftest import Database
from tests.security.wire import BODY, chunked, post, tell

OFFERS = {
    "h2c, as Java's client sends it": (
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    ),
    "websocket": (
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    ),
    "any token": ("connection: keep-alive, upgrade", "upgrade: something/7, else"),
    "twice": ("Connection: upgrade", "Upgrade: TLS/1.0", "Upgrade: h2c"),
}


@pytest.fixture(params=list(OFFERS.values()), ids=list(OFFERS))
def offer(request: pytest.FixtureRequest) -> tuple[str, ...]:
    found: tuple[str, ...] = request.param
    return found


def is_logged(database: Database, request_id: str) -> bool:
    rows = database.query("SELECT 1 FROM prediction_log WHERE request_id = %s", request_id)
    return bool(rows)


def test_an_offered_upgrade_is_ignored_and_the_connection_goes_on(
    service: Service, offer: tuple[str, ...]
) -> None:
    told = tell(service, post(*offer) + post(*offer) + post(), answers=3)

    assert told.statuses == [200, 200, 200]


def test_the_body_of_an_offered_upgrade_may_come_late(
    service: Service, offer: tuple[str, ...]
) -> None:
    told = tell(service, post(*offer, body=b"", length=len(BODY)), BODY, pause=0.2, answers=1)

    assert told.statuses == [200]


def test_the_body_of_an_offered_upgrade_may_be_chunked(
    service: Service, offer: tuple[str, ...]
) -> None:
    halves = BODY[:50], BODY[50:]

    told = tell(service, chunked(*offer, chunks=halves) + post(), answers=2)

    assert told.statuses == [200, 200]


def test_an_offered_upgrade_may_be_cut_anywhere(service: Service) -> None:
    request = post(*OFFERS["websocket"])

    for place in range(1, len(request)):
        told = tell(service, request[:place], request[place:], pause=0.001, answers=1)
        assert told.statuses == [200], place


@pytest.mark.parametrize("late", [False, True])
def test_a_request_in_the_body_of_an_offered_upgrade_is_never_executed(
    service: Service, log_database: Database, offer: tuple[str, ...], late: bool
) -> None:
    name = uuid.uuid4().hex
    inner = post(f"X-Request-ID: {name}")
    head = post(*offer, body=b"", length=len(inner))

    parts = (head, inner) if late else (head + inner,)
    told = tell(service, *parts, post(), pause=0.2, answers=2)

    assert told.statuses == [400, 200]
    assert told.data.count(name.encode()) == 0
    assert not is_logged(log_database, name)


def test_nothing_is_said_of_missing_libraries(service: Service, offer: tuple[str, ...]) -> None:
    tell(service, post(*offer), answers=1)

    assert "WebSocket" not in service.text
    assert "pgrade" not in service.text


def test_a_tunnel_is_refused(service: Service) -> None:
    told = tell(service, b"CONNECT test:80 HTTP/1.1\r\nHost: test:80\r\n\r\n" + post())

    assert (told.statuses, told.problem, told.closed) == ([400], "malformed-request", True)


@pytest.mark.parametrize("behind", [b"\x00\x01", b"no request\r\n\r\n", b"GET / HTTP/1.1 \r\n\r\n"])
@pytest.mark.parametrize("whole", [1, 3])
def test_what_is_whole_is_answered_whatever_stands_behind_it(
    service: Service, log_database: Database, behind: bytes, whole: int
) -> None:
    names = [uuid.uuid4().hex for _ in range(whole)]

    told = tell(service, b"".join(post(f"X-Request-ID: {name}") for name in names) + behind)

    assert told.statuses == [200] * whole
    assert told.closed
    assert all(is_logged(log_database, name) for name in names)


def test_what_is_whole_is_answered_though_the_client_sends_no_more(service: Service) -> None:
    told = tell(service, post() + post() + post()[:-1], end=True)

    assert (told.statuses, told.closed) == ([200, 200], True)


def test_what_is_no_request_is_refused_though_the_client_sends_no_more(service: Service) -> None:
    for _ in range(20):
        told = tell(service, b"no request\r\n\r\n", end=True)
        assert (told.statuses, told.closed) == ([400], True)


def test_a_body_with_bad_chunks_is_a_problem_in_the_form_of_its_route(service: Service) -> None:
    bad = chunked().partition(b"\r\n\r\n")[0] + b"\r\n\r\nzz\r\n"

    told = tell(service, bad)
    told_v2 = tell(service, bad.replace(b"/predict", b"/v2/models/gmsc/infer"))

    assert (told.statuses, told.problem, told.closed) == ([400], "malformed-request", True)
    assert (told_v2.statuses, told_v2.closed) == ([400], True)
    assert b'{"error":' in told_v2.data
    assert b"x-request-id: " in told_v2.data


@pytest.mark.parametrize(
    "request_",
    [
        post("Transfer-Encoding: chunked"),
        post("Content-Length: 3"),
        post(f"Content-Length: {len(BODY)}"),
        post(length=-1),
        post().replace(b"Content-Length: ", b"Content-Length: +"),
        post().replace(b"Content-Length: ", b"Content-Length: 0x"),
        post().replace(b"Content-Length:", b"Content-Length :"),
        post().replace(b"Host: test\r\n", b"Host: test\r\n folded\r\n"),
        post().replace(b"\r\n", b"\n"),
        post().replace(b"Host: test\r\n", b"Host: test\rX: y\r\n"),
        post().replace(b"Host: test\r\n", b"Host: test\nX: y\r\n"),
        post().replace(b"Host: test\r\n", b"Host: test\r\nX\0: y\r\n"),
        post().replace(b"Host: test\r\n", b"Host: test\r\nX: \0\r\n"),
        post().replace(b"Host: test\r\n", b"Host: test\r\n: y\r\n"),
        chunked().replace(b": chunked", b": gzip, chunked"),
        chunked().replace(b": chunked", b": chunked, identity"),
        chunked().replace(b": chunked", b": xchunked"),
        chunked("Transfer-Encoding: identity"),
        chunked("Transfer-Encoding: chunked"),
        chunked("Content-Length: 3"),
        chunked().replace(b"HTTP/1.1", b"HTTP/1.0"),
        post().replace(b"HTTP/1.1", b"HTTP/2.0"),
        post().replace(b"HTTP/1.1", b"HTTP/1.2"),
        post().replace(b" HTTP/1.1", b""),
        b"GET /livez\r\n",
        b"GET /livez\r\n\r\n",
        b"GET /livez HTTP/0.9\r\nHost: test\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_ambiguous_framing_is_refused_and_ends_the_connection(
    service: Service, log_database: Database, request_: bytes
) -> None:
    name = uuid.uuid4().hex

    told = tell(service, request_, post(f"X-Request-ID: {name}"), pause=0.02)

    assert (told.statuses, told.problem, told.closed) == ([400], "malformed-request", True)
    assert b"x-request-id: " in told.data
    assert not is_logged(log_database, name)


def test_requests_that_wait_for_others_are_bounded(service: Service) -> None:
    told = tell(service, b"GET /livez HTTP/1.1\r\nHost: test\r\n\r\n" * 1000)

    assert told.closed
    assert 10 < len(told.statuses) < 100
    assert set(told.statuses) == {200}
