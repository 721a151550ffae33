"""What the headers of every request must be, before anything else looks at them."""

import re
from collections import Counter
from collections.abc import Iterable

from api.http.problem_types import CROSS_SITE, INVALID_HEADER, MALFORMED_REQUEST, MISDIRECTED
from api.http.problems import Problem

Headers = dict[bytes, bytes]

# Of two values one would be checked and the other used, by us or by a proxy before us.
_SINGLE = {
    name.lower().encode(): name
    for name in (
        "Authorization",
        "Content-Encoding",
        "Content-Length",
        "Content-Type",
        "Host",
        "Inference-Header-Content-Length",
        "Origin",
        "Sec-Fetch-Site",
        "Transfer-Encoding",
        "X-API-Key",
        "X-Client-Reference",
        "X-Event-Time",
        "X-Outcome-Due",
        "X-Request-ID",
    )
}

# RFC 3986, section 3.2.2 and 3.2.3: a name or an IPv4 address, or an IPv6 address in brackets.
_HOST = re.compile(rb"([A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
# No page of another site can have these names, so that they need no mention in ALLOWED_HOSTS.
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_REMEMBERED_HOSTS = 100


class Guard:
    """Refuses what is ambiguous, meant for another host, or sent by a page of another site."""

    def __init__(self, *, allowed_hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        names = {name.lower() for name in allowed_hosts}
        self._hosts = names | _LOOPBACK if names else frozenset()
        """Names under which the service may be called; none: under any."""
        self._origins = frozenset(origin.encode() for origin in origins)
        self._known: set[bytes] = set()
        """Values of Host that were checked and accepted."""

    def check(
        self, sent: list[tuple[bytes, bytes]], headers: Headers, method: str, version: str
    ) -> None:
        """`headers` are those that were `sent`, the last of each name; raises Problem."""
        if len(headers) != len(sent):
            _check_single(sent)
        host = headers.get(b"host")
        if host not in self._known and not (host is None and version == "1.0"):
            self._check_host(host or b"")
        coding = headers.get(b"transfer-encoding")
        if coding is not None and (coding.lower() != b"chunked" or version == "1.0"):
            raise _malformed("the only Transfer-Encoding is chunked, and only of HTTP/1.1")
        if method not in _SAFE_METHODS and (b"origin" in headers or b"sec-fetch-site" in headers):
            self._check_origin(headers)

    def _check_host(self, host: bytes) -> None:
        match = _HOST.fullmatch(host)
        if match is None:
            raise _malformed("Host must be there, and be a name or an address")
        name = match[1].decode("ascii").lower()
        if self._hosts and name not in self._hosts and not self._hosts & _wildcards(name):
            detail = "this service is not called by the name in Host: see ALLOWED_HOSTS"
            raise Problem(MISDIRECTED, detail)
        if len(self._known) < _REMEMBERED_HOSTS:
            self._known.add(host)

    def _check_origin(self, headers: Headers) -> None:
        """Browsers say which page asks: one of another site may not (OWASP, CSRF prevention).

        Sec-Fetch-Site is the browser's own judgement, and holds behind a proxy that changes Host.
        """
        site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
        if origin in self._origins:
            return
        if site is None:
            _, _, authority = (origin or b"").partition(b"://")
            own = authority.lower() == headers.get(b"host", b"").lower()
        else:
            own = site in (b"same-origin", b"none")
        if not own:
            raise Problem(
                CROSS_SITE,
                "the request comes from a page of another site, and only those of CORS_ORIGINS"
                " may ask",
            )


def _check_single(sent: list[tuple[bytes, bytes]]) -> None:
    times = Counter(name for name, _ in sent)
    for name, shown in _SINGLE.items():
        if times[name] > 1:
            if name in (b"host", b"content-length", b"transfer-encoding"):
                raise _malformed(f"{shown} must be there once")
            raise Problem(
                INVALID_HEADER,
                f"{shown} must be there once, not {times[name]} times",
                members={"header": shown},
            )


def _wildcards(name: str) -> set[str]:
    """The patterns that admit the name: *.example.org and *.org for api.example.org."""
    labels = name.split(".")
    return {f"*.{'.'.join(labels[start:])}" for start in range(1, len(labels))}


def _malformed(detail: str) -> Problem:
    return Problem(MALFORMED_REQUEST, detail, headers={"Connection": "close"})
