"""The migrator's connection: it gives its password to nobody who asks for it in clear."""

import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from db.connection import admin, wait_for
from db.errors import DatabaseUnreachable
from tests.conftest import migrate_settings

_CLEAR, _MD5 = struct.pack("!ii", 8, 3), struct.pack("!ii4s", 12, 5, b"salt")


class Impostor(threading.Thread):
    """Whoever took the port while Postgres was away: asks for a password and keeps what comes."""

    def __init__(self, request: bytes) -> None:
        super().__init__(daemon=True)
        self._request = request
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.heard = b""

    def run(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            with peer:
                peer.settimeout(5)
                # Neither TLS nor GSS; then whoever it is may authenticate.
                while (start := peer.recv(1000))[4:8] in (b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30"):
                    peer.sendall(b"N")
                peer.sendall(b"R" + self._request)
                self.heard += start + peer.recv(1000)

    def stop(self) -> None:
        if self.is_alive():
            self._socket.shutdown(socket.SHUT_RDWR)
            self.join()
            self._socket.close()


@pytest.fixture(params=[_CLEAR, _MD5], ids=["clear", "md5"])
def impostor(request: pytest.FixtureRequest) -> Iterator[Impostor]:
    impostor = Impostor(request.param)
    impostor.start()
    yield impostor
    impostor.stop()


@pytest.mark.parametrize("password", ["geheim", None])
def test_it_is_refused_at_once(
    impostor: Impostor, password: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "geheim")
    url = f"postgresql://postgres@127.0.0.1:{impostor.port}/postgres"
    settings = migrate_settings(url, "mlops", database_admin_password=password)

    with pytest.raises(DatabaseUnreachable, match="authentication method requirement"):
        wait_for(admin(settings), 30)

    impostor.stop()
    assert b"postgres" in impostor.heard
    assert b"geheim" not in impostor.heard
    assert b"p\x00" not in impostor.heard


def test_the_url_may_allow_it(impostor: Impostor) -> None:
    """Over TLS with a certificate that is checked, say, where the server knows no SCRAM."""
    url = (
        f"postgresql://postgres:geheim@127.0.0.1:{impostor.port}/postgres?require_auth=password,md5"
    )

    with pytest.raises(DatabaseUnreachable):
        wait_for(admin(migrate_settings(url, "mlops")), 0)

    impostor.stop()
    assert b"p\x00" in impostor.heard
