"""What headers may be, how many, how long, and for whom they speak."""

import hashlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.service import Service
from tests.conftest import Database
from tests.security.wire import BODY, chunked, post, tell

KEY = "a-key-that-nobody-else-has"
MIB = 2**20


@pytest.fixture(scope="module")
def strict(
    models: Path, log_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Wants a key, is called by one name, and does not wait long."""
    settings = {
        "MODELS_DIR": str(models),
        "DATABASE_URL": log_database.url("api"),
        "HEADER_TIMEOUT_SECONDS": "1",
        "API_KEYS": f"web:{hashlib.sha256(KEY.encode()).hexdigest()}",
        "ALLOWED_HOSTS": "test, credit.example, *.internal.example",
    }
    with Service(tmp_path_factory.mktemp("strict"), settings) as running:
        yield running


def resident(service: Service) -> int:
    """Bytes of memory that the process holds."""
    assert service.process is not None
    text = Path(f"/proc/{service.process.pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) * 1024


def pour(service: Service, start: bytes, more: bytes, size: int) -> bytes:
    """Send `more` again and again, up to `size` bytes; what came back."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(start)
        try:
            for _ in range(size // len(more)):
                connection.sendall(more)
        except ConnectionError:
            pass  # refused in the middle, as it should be
        data = b""
        try:
            while piece := connection.recv(65_536):
                data += piece
        except ConnectionError:
            pass
        return data


UNFINISHED = b"GET /livez HTTP/1.1\r\nHost: test\r\n"
TRAILERS = chunked().removesuffix(b"\r\n")


@pytest.mark.parametrize(
    ("start", "more", "status"),
    [
        (UNFINISHED, b"a: b\r\n" * 10_000, 431),
        (UNFINISHED + b"a: ", b"b" * 60_000, 431),
        (UNFINISHED, b"a" * 60_000, 431),
        (b"GET /", b"a" * 60_000, 431),
        (TRAILERS, b"a: b\r\n" * 10_000, 400),
        (TRAILERS + b"a: ", b"b" * 60_000, 400),
        (TRAILERS.removesuffix(b"0\r\n") + b"1;", b"a" * 60_000, 400),
        (TRAILERS.removesuffix(b"0\r\n"), b"1;" + b"a" * 1000 + b"\r\n \r\n", 400),
    ],
    ids=[
        "short headers",
        "a long value",
        "a long name",
        "a long target",
        "trailers",
        "a long trailer",
        "a long chunk extension",
        "many chunk extensions",
    ],
)
def test_a_request_takes_no_more_memory_than_it_may(
    service: Service, start: bytes, more: bytes, status: int
) -> None:
    before = resident(service)

    told = pour(service, start, more, 48 * MIB)

    assert told.startswith(b"HTTP/1.1 %d " % status) or told == b""
    assert resident(service) - before < 16 * MIB


def test_many_headers_and_large_ones_are_refused_by_their_kind(service: Service) -> None:
    many = tell(service, post(*[f"a{number}: b" for number in range(200)]))
    large = tell(service, post("a: " + "b" * 40_000))
    allowed = tell(service, post("a: " + "b" * 30_000, *["c: d"] * 90), answers=1)

    assert (many.statuses, many.problem, many.closed) == ([431], "headers-too-large", True)
    assert (large.statuses, large.problem, large.closed) == ([431], "headers-too-large", True)
    assert allowed.statuses == [200]


@pytest.mark.parametrize("part", [b"GET /livez HT", b"GET /livez HTTP/1.1\r\nHost: test\r\n"])
def test_headers_have_a_deadline(strict: Service, part: bytes) -> None:
    told = tell(strict, part)

    assert (told.statuses, told.problem, told.closed) == ([408], "headers-too-slow", True)


def test_the_deadline_is_not_moved_by_a_trickle(strict: Service) -> None:
    began = time.monotonic()

    told = tell(strict, *[b"G"[:1]], *[bytes([letter]) for letter in UNFINISHED[1:]], pause=0.1)

    assert told.closed
    assert time.monotonic() - began < 5


def test_a_connection_without_a_request_is_closed(strict: Service) -> None:
    told = tell(strict)

    assert (told.data, told.closed) == (b"", True)


def test_empty_lines_do_not_hold_a_connection(strict: Service) -> None:
    told = tell(strict, *[b"\r\n"] * 30, pause=0.1)

    assert told.closed


def test_trailers_are_no_headers(service: Service, strict: Service) -> None:
    request = chunked(
        "X-Request-ID: mine", trailers=b"X-Request-ID: other\r\nContent-Type: text/plain\r\n"
    )
    told = tell(service, request, answers=1)
    locked = tell(strict, chunked(trailers=f"X-API-Key: {KEY}\r\n".encode()), answers=1)

    assert told.statuses == [200]
    assert b"x-request-id: mine\r\n" in told.data
    assert locked.statuses == [401]


@pytest.mark.parametrize(
    "header",
    [
        "Authorization: Bearer x",
        f"X-API-Key: {KEY}",
        "Origin: http://test",
        "Sec-Fetch-Site: same-origin",
        "X-Request-ID: a",
        "X-Client-Reference: a",
        "X-Event-Time: 2026-11-23T13:11:10Z",
        "Content-Encoding: identity",
        "Content-Type: application/json",
    ],
)
def test_what_the_service_goes_by_is_there_once(service: Service, header: str) -> None:
    twice = [header] if header.startswith("Content-Type") else [header, header.lower()]

    told = tell(service, post(*twice), answers=1)

    assert (told.statuses, told.problem) == ([400], "invalid-header")
    assert f'"header":"{header.split(":", maxsplit=1)[0]}"'.encode() in told.data


def test_other_headers_may_be_there_twice(service: Service) -> None:
    assert tell(service, post("Accept: a/b", "Accept: c/d"), answers=1).statuses == [200]


@pytest.mark.parametrize("host", [None, "", "a b", "a/b", "a@b", "[::1", "a:b", "\u00fc".encode()])
def test_host_must_be_there_and_be_one(service: Service, host: str | bytes | None) -> None:
    text = host.decode("latin-1") if isinstance(host, bytes) else host
    request = (
        post(host=text)
        if text is None or text.isascii()
        else post(host="?").replace(b"?", text.encode("latin-1"))
    )

    told = tell(service, request, post(host="a") + post(host="b"))

    assert (told.statuses[0], told.closed) == (400, True)
    assert told.problem == "malformed-request"


def test_two_hosts_are_refused(service: Service) -> None:
    told = tell(service, post("Host: test"))

    assert (told.statuses, told.problem, told.closed) == ([400], "malformed-request", True)


@pytest.mark.parametrize(
    "host", ["test", "127.0.0.1:8000", "[::1]:8000", "my_api.default.svc:80", "xn--bcher-kva.de"]
)
def test_any_name_is_taken_as_long_as_none_is_set(service: Service, host: str) -> None:
    assert tell(service, post(host=host), answers=1).statuses == [200]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("credit.example", 200),
        ("CREDIT.example:443", 200),
        ("a.internal.example", 200),
        ("localhost:8000", 200),
        ("127.0.0.1", 200),
        ("internal.example", 421),
        ("credit.example.evil.example", 421),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
    ],
)
def test_only_allowed_names_are_answered_once_they_are_set(
    strict: Service, host: str, status: int
) -> None:
    told = tell(strict, post(f"X-API-Key: {KEY}", host=host), answers=1)

    assert told.statuses == [status]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (["Origin: http://evil.example"], 403),
        (["Origin: null"], 403),
        (["Origin: http://test.evil.example"], 403),
        (["Origin: http://test"], 200),
        (["Sec-Fetch-Site: cross-site"], 403),
        (["Sec-Fetch-Site: same-site", "Origin: http://other.test"], 403),
        (["Sec-Fetch-Site: same-origin", "Origin: https://behind.a.proxy"], 200),
        (["Sec-Fetch-Site: none"], 200),
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/predict", "/predict/batch", "/v2/models/gmsc/infer"])
def test_a_page_of_another_site_makes_no_predictions(
    service: Service, path: str, headers: list[str], status: int
) -> None:
    told = tell(service, post(*headers, path=path), answers=1)

    assert (told.statuses == [403]) == (status == 403)
    if path == "/predict":
        assert told.statuses == [status]


def test_no_answer_lets_the_browser_guess_its_type(service: Service) -> None:
    paths = ("/health", "/nothing", "/docs", "/model/card", "/docs/assets/swagger-ui.css")
    for path in paths:
        told = tell(service, f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode(), answers=1)
        assert told.data.lower().count(b"x-content-type-options: nosniff") == 1, path
    assert b"x-content-type-options: nosniff" in tell(service, b"\x00").data


def test_the_hash_of_nothing_is_no_key(settings: dict[str, str], tmp_path: Path) -> None:
    empty = hashlib.sha256(b"").hexdigest()

    status, text = Service(tmp_path, settings | {"API_KEYS": f"web:{empty}"}).run()

    assert status == 1
    assert "entry 1 of API_KEYS is the hash of nothing" in text


def test_a_key_lets_in_beside_whatever_a_gateway_adds(strict: Service) -> None:
    def ask(*headers: str) -> list[int]:
        return tell(strict, post(*headers, host="localhost"), answers=1).statuses

    assert ask(f"X-API-Key: {KEY}", "Authorization: Bearer of-the-gateway") == [200]
    assert ask("X-API-Key: of-the-gateway", f"Authorization: Bearer {KEY}") == [200]
    assert ask(f"X-API-Key: {KEY}", "Authorization: Basic eA==") == [200]
    assert ask("X-API-Key: wrong", "Authorization: Bearer wrong") == [401]
    assert ask("X-API-Key: ") == [401]
    assert ask() == [401]


def test_the_body_is_read_as_before_with_every_header_in_place(service: Service) -> None:
    """A chunked body whose chunks are single bytes is legal, and taken."""
    chunks = tuple(bytes([letter]) for letter in BODY)

    assert tell(service, chunked(chunks=chunks), answers=1).statuses == [200]
