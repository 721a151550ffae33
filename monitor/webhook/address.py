"""Where messages go to: TLS, or a network of one's own."""

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_MOST = 2000
_PRINTABLE = re.compile(r"[!-~]+")
# Reserved for private networks, or answered by no resolver outside of them: `localhost` (RFC 6761),
# `local` (RFC 6762, and the names in a cluster of Kubernetes), `internal` (ICANN, 2024).
_OWN_ENDINGS = ("localhost", "local", "internal")


class AddressRefused(ValueError):
    """The URL is none that messages may go to; the message quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Address:
    """An http or https URL, in its parts. `target` is the path with its query."""

    tls: bool
    host: str
    port: int
    target: str

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Raises AddressRefused.

        Without TLS whoever is on the way reads what columns and segments moved. The signature does
        not hide it, so that http is for this machine and private networks. That is told by the
        form of the name alone, for what a resolver answers may change after it was looked at.
        """
        if len(url) > _MOST or not _PRINTABLE.fullmatch(url):
            raise AddressRefused(f"must be at most {_MOST} printable characters of ASCII")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
            # As it is asked for: a name that is none would fail there, with an error of its own.
            host.encode("idna")
        except ValueError as error:
            raise AddressRefused("is no URL, as https://alerts.example.org/incidents") from error
        if parts.scheme not in ("http", "https") or not host:
            raise AddressRefused(
                "must begin with https:// and a host, or http:// and a private one"
            )
        if parts.username is not None or parts.fragment:
            raise AddressRefused(
                "must have no user, password or fragment in it: the receiver knows us by the"
                " signature"
            )
        tls = parts.scheme == "https"
        if not tls and not _is_own(host):
            raise AddressRefused(
                "must be https:// where it leads out of this machine or a private network"
            )
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(tls, host, port or (443 if tls else 80), target)

    @property
    def origin(self) -> str:
        """Without its path and query, which may hold a token: what a log may say of it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    @property
    def digest(self) -> str:
        """By which the database knows it: SHA-256, in hexadecimal."""
        return hashlib.sha256(f"{self.origin}{self.target}".encode()).hexdigest()


def _is_own(host: str) -> bool:
    """Whether the name is one of this machine's, or of a private network's, by its form."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        # A name of one word is a neighbour's, as that of another service of the stack.
        *_, last = labels = host.rstrip(".").split(".")
        return last in _OWN_ENDINGS or (len(labels) == 1 and not last.isdigit())
    return found.is_private and not found.is_unspecified
