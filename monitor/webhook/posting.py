"""One message over HTTP: no redirect is followed, nothing of the answer but its status is read."""

import os
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException

from monitor.watchdog import ended_after
from monitor.webhook.address import Address

SECONDS = 15.0
"""Within which the receiver has to have answered, from the first byte on."""

_CONNECT_SECONDS = 5.0


class Undelivered(Exception):
    """The receiver did not take the message; the message says why, without a path of its URL."""


class Gone(Undelivered):
    """The receiver wants no more of it (410)."""


def post(
    address: Address, body: bytes, headers: Mapping[str, str], seconds: float = SECONDS
) -> None:
    """Send the message, which is taken by a status from 200 to 299; raises Undelivered."""
    connection = _Connection(address)
    try:
        # A receiver that sends a byte now and then would keep us for ever.
        with ended_after(seconds, connection.interrupt):
            connection.request("POST", address.target, body, dict(headers))
            status = connection.getresponse().status
    except TimeoutError as error:
        raise Undelivered("it did not answer in time") from error
    except (OSError, HTTPException) as error:
        if connection.late:
            raise Undelivered("it did not answer in time") from error
        raise Undelivered(_reason(error)) from error
    finally:
        connection.close()
    if status == 410:
        raise Gone("it answered 410: it wants no more of this")
    if 300 <= status < 400:
        raise Undelivered(f"it answered {status}, and no redirect is followed")
    if not 200 <= status < 300:
        raise Undelivered(f"it answered {status}")


class _Connection(HTTPConnection):
    """A connection whose socket can be ended from another thread, in a handshake as well."""

    def __init__(self, address: Address) -> None:
        super().__init__(address.host, address.port, timeout=_CONNECT_SECONDS)
        self._tls = address.tls
        self.late = False

    def connect(self) -> None:
        super().connect()
        if self._tls:
            # The authorities of the system, or those that SSL_CERT_FILE names.
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()
        # From here on the time is the whole's: a receiver may think for longer than it accepts.
        self.sock.settimeout(SECONDS)

    def interrupt(self) -> None:
        """End whatever is waited for; a socket that is gone waits for nothing."""
        self.late = True
        with (
            suppress(OSError, AttributeError),
            socket.socket(fileno=os.dup(self.sock.fileno())) as peer,
        ):
            peer.shutdown(socket.SHUT_RDWR)


def _reason(error: OSError | HTTPException) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not accepted: {error.verify_message}"
        case ssl.SSLError():
            return f"TLS failed: {error.reason or 'it is no TLS'}"
        case socket.gaierror():
            return "its name is unknown"
        case OSError():
            return (error.strerror or "the connection ended").lower()
    # What it sent instead may be anything.
    return "it answered something other than HTTP"
