"""The log's password is for nobody who does not know it already."""

import hashlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from db.log.errors import PostgresAway
from db.log.postgres import PostgresLog
from tests.conftest import Database

SECRET = "a-secret-password"

# Kinds of AuthenticationRequest (PostgreSQL manual, Message Formats).
CLEARTEXT = struct.pack("!I", 3)
MD5 = struct.pack("!I", 5) + b"salt"
NONE = struct.pack("!I", 0)


@contextmanager
def server(request: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Somebody on the port of Postgres, who asks for a password; what it was told."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_ask, args=(listener, request, heard), daemon=True)
        thread.start()
        yield listener.getsockname()[1], heard
        # Closing alone would not end the thread's accept.
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _ask(listener: socket.socket, request: bytes, heard: list[bytes]) -> None:
    while True:
        try:
            peer, _ = listener.accept()
        except OSError:
            return
        with peer:
            peer.settimeout(2)
            try:
                _startup(peer)
                peer.sendall(b"R" + struct.pack("!I", 4 + len(request)) + request)
                while piece := peer.recv(4096):
                    heard.append(piece)
            except OSError:
                continue


def _startup(peer: socket.socket) -> None:
    while True:
        (size,) = struct.unpack("!I", peer.recv(4))
        (code,) = struct.unpack("!I", peer.recv(size - 4)[:4])
        if code not in {80877103, 80877104}:
            return
        peer.sendall(b"N")  # neither TLS nor GSS


@pytest.mark.parametrize("request_", [CLEARTEXT, MD5, NONE], ids=["cleartext", "md5", "none"])
@pytest.mark.parametrize("beside", [True, False], ids=["beside the URL", "in the URL"])
def test_a_server_that_does_not_prove_itself_gets_nothing(request_: bytes, beside: bool) -> None:
    with server(request_) as (port, heard):
        word = "" if beside else f":{SECRET}"
        url = f"postgresql://api{word}@127.0.0.1:{port}/mlops"
        with pytest.raises(PostgresAway) as caught:
            PostgresLog(url, (lambda: SECRET) if beside else None).connect()

    told = b"".join(heard)
    assert SECRET.encode() not in told
    assert hashlib.md5(SECRET.encode() + b"api").hexdigest().encode() not in told
    assert b"p" not in told[:1]
    reason = f"{caught.value}: {caught.value.remedy}"
    assert "scram-sha-256" in reason
    assert "require_auth" in reason
    assert SECRET not in reason
    assert "\n" not in reason


@pytest.mark.parametrize("request_", [CLEARTEXT, MD5], ids=["cleartext", "md5"])
def test_a_password_of_the_environment_is_not_given_away_either(
    request_: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", SECRET)
    with server(request_) as (port, heard), pytest.raises(PostgresAway):
        PostgresLog(f"postgresql://api@127.0.0.1:{port}/mlops", None).connect()

    assert heard in ([], [b""])


def test_the_url_may_say_otherwise() -> None:
    with server(CLEARTEXT) as (port, heard):
        url = f"postgresql://api@127.0.0.1:{port}/mlops?require_auth=password"
        with pytest.raises(PostgresAway):
            PostgresLog(url, lambda: SECRET).connect()

    assert SECRET.encode() in b"".join(heard)


def test_the_password_of_the_url_goes_before_the_one_beside_it(database: Database) -> None:
    log = PostgresLog(database.url("api"), lambda: "another")

    log.connect()

    assert log.connected
    log.close()
