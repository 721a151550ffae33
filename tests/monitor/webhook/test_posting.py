"""One message over HTTP, to receivers that are well, and to others."""

import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from monitor.webhook.address import Address
from monitor.webhook.posting import Gone, Undelivered, post
from tests.monitor.webhook.receiver import receiver

BODY = b'{"event":"incident.opened"}'


def test_a_message_arrives_as_it_is(tmp_path: Path) -> None:
    with receiver(tmp_path, "status:204") as other:
        post(Address.parse(other.url), BODY, {"Content-Type": "application/json", "a-b": "c"})

    (got,) = other.got
    assert (got["path"], got["body"]) == ("/incidents?token=sesame", BODY.decode())
    assert got["headers"]["content-type"] == "application/json"
    assert got["headers"]["a-b"] == "c"
    assert got["headers"]["host"] == f"127.0.0.1:{other.port}"


def test_what_a_receiver_does_wrong_is_said_without_its_address(tmp_path: Path) -> None:
    deeds = {
        "status:500": "it answered 500",
        "status:404": "it answered 404",
        "status:302": "it answered 302, and no redirect is followed",
        "status:410": "it answered 410: it wants no more of this",
        "noise": "it answered something other than HTTP",
        "drop": "the connection ended",
        "hang:9": "it did not answer in time",
        "drip": "it did not answer in time",
    }
    with receiver(tmp_path, *deeds) as other:
        address = Address.parse(other.url)
        began = time.monotonic()
        for deed, reason in deeds.items():
            with pytest.raises(Undelivered) as failed:
                post(address, BODY, {}, seconds=0.4)

            assert str(failed.value) == reason, deed
            assert isinstance(failed.value, Gone) == (deed == "status:410")

    assert time.monotonic() - began < 5
    assert [got["path"] for got in other.got] == ["/incidents?token=sesame"] * len(deeds)


def test_a_body_without_an_end_is_not_read(tmp_path: Path) -> None:
    with receiver(tmp_path, "endless") as other:
        post(Address.parse(other.url), BODY, {}, seconds=5)


def test_nobody_there_is_said() -> None:
    with pytest.raises(Undelivered, match=r"^connection refused$"):
        post(Address.parse("http://127.0.0.1:1/secret"), BODY, {})
    with pytest.raises(Undelivered, match=r"^its name is unknown$"):
        # Of an interface that there is not: no resolver is asked.
        post(Address.parse("http://[fe80::1%nowhere]/secret"), BODY, {})


class _Takes(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def certified(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """URL of a receiver with TLS, and the certificate that it signed itself."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    made = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    subprocess.run(
        [*made, "-nodes", "-keyout", key, "-out", certificate, "-days", "2", *subject],
        check=True,
        capture_output=True,
    )
    server = HTTPServer(("127.0.0.1", 0), _Takes)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"https://localhost:{server.server_port}/", certificate
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_receiver_proves_its_name(
    certified: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, certificate = certified
    address = Address.parse(url)

    with pytest.raises(Undelivered, match=r"its certificate is not accepted: self.signed"):
        post(address, BODY, {})
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    post(address, BODY, {})
    with pytest.raises(Undelivered, match=r"certificate is not accepted: .*127\.0\.0\.1"):
        post(Address.parse(url.replace("localhost", "127.0.0.1")), BODY, {})
