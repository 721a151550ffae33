"""Requests out of a stream of bytes, each within bounds (RFC 9112).

httptools finds where a message begins and ends; what a message may be and how much of it is kept
is decided here. An offered upgrade is ignored, as RFC 9110 (section 7.8) allows: its request is
read with its body, so that no byte of a body is ever taken for a request.
"""

from typing import NamedTuple, NoReturn, Protocol

import httptools

from api.http.problem_types import HEADERS_TOO_LARGE, MALFORMED_REQUEST, ProblemType
from api.http.problems import Problem

MAX_HEADERS = 100
# What chunks may cost beside the bytes that they carry: chunks of one byte cost five times that.
_FRAMING_A_BYTE = 16
_VERSIONS = ("1.1", "1.0")
# What httptools says of the version before one was read, and where a line ends without one.
_UNNAMED = ("0.0", "0.9")

Headers = list[tuple[bytes, bytes]]


class Head(NamedTuple):
    """What a request says before its body."""

    version: str
    method: str
    path: bytes
    query: bytes
    headers: Headers
    """Lower-case names, in their order."""
    persistent: bool
    """Whether the client wants to go on with the connection."""
    expects_continue: bool


class Body(Protocol):
    """Takes a request's body."""

    def feed(self, piece: bytes) -> None:
        """The next piece."""

    def finish(self) -> None:
        """That was all."""


class Receiver(Protocol):
    """Takes the requests."""

    def request_begins(self, head: Head) -> Body:
        """A head is read; the answer takes its body. Raises Problem."""


class RequestReader:
    """Feed it with what arrives; it tells the receiver."""

    def __init__(self, receiver: Receiver, *, max_head: int) -> None:
        self._receiver = receiver
        self._max_head = max_head
        self._parser = httptools.HttpRequestParser(self)
        self._problem: Problem | None = None
        """Why a callback ended the parsing."""
        self.in_head = False
        """Whether a head has begun and not ended."""
        self.url = b""
        self.headers: Headers = []
        self._expects_continue = False
        self._body: Body | None = None
        """Takes the body that is being read; None between the end of one and the next head's."""
        self._received = 0
        """Bytes of the body so far."""
        self._framing = 0
        """Bytes of the request so far, but for its body."""
        self._may_be_large = False
        """Whether the head that is being read can be over its limit."""
        self._began = 0
        """Requests that began in the data that are being read."""

    @property
    def between(self) -> bool:
        """Whether everything that was begun was read to its end."""
        return self._body is None and not self.in_head

    def read(self, data: bytes) -> None:
        """Raises Problem at the first byte that cannot be read on; then nothing more can be."""
        self._began, between = 0, self.between
        self._may_be_large = len(data) > self._max_head or not between
        try:
            self._parse(data)
        except httptools.HttpParserError as error:
            raise self._problem or malformed("these bytes are no request of HTTP/1.1") from error
        if not self.between:
            self._count(data, alone=self._began == (1 if between else 0))

    def _parse(self, data: bytes) -> None:
        while True:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                data = self._head_without_offer() + data[offer.args[0] :]
                self._parser = httptools.HttpRequestParser(self)
            else:
                return

    def _head_without_offer(self) -> bytes:
        """The head that was just read, without the upgrade that it offers."""
        version = self._parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b\r\n" % (self._parser.get_method(), self.url, version)]
        lines += [b"%b: %b\r\n" % pair for pair in self.headers if pair[0] != b"upgrade"]
        return b"".join((*lines, b"\r\n"))

    def _count(self, data: bytes, *, alone: bool) -> None:
        """Bound what a request that is not read to its end has taken so far; raises Problem.

        `alone`: the data hold nothing of another request. Else nobody knows how much of them is
        this one's; but what is received at once is bounded itself.
        """
        self._framing = self._framing + len(data) if alone else 0
        if self.in_head and b"\n" in data and self._parser.get_http_version() in _UNNAMED:
            raise malformed("the first line of a request names its version, as HTTP/1.1")
        if self.in_head and self._framing > self._max_head:
            raise self._too_large()
        if self._framing > self._max_head + _FRAMING_A_BYTE * self._received:
            raise malformed("the chunks and trailers are larger than the data in them")

    # What the parser calls

    def on_message_begin(self) -> None:
        """A request begins."""
        self.in_head = True
        self._began += 1
        self._framing = self._received = 0
        self.url = b""
        self.headers = []
        self._expects_continue = False

    def on_url(self, url: bytes) -> None:
        """The next part of the target."""
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; or a trailer, of which nothing is kept."""
        if not self.in_head:
            return
        name = name.lower()
        if name == b"expect":
            self._expects_continue = value.lower() == b"100-continue"
        self.headers.append((name, value))
        if len(self.headers) > MAX_HEADERS:
            self._refuse(_problem(HEADERS_TOO_LARGE, f"there are more than {MAX_HEADERS} headers"))

    def on_headers_complete(self) -> None:
        """The head is read; the body may still come."""
        parser = self._parser
        method = parser.get_method()
        if method == b"CONNECT":
            self._refuse(malformed("the service is no proxy: it does not understand CONNECT"))
        if parser.should_upgrade():
            return  # it is read again, without the offer
        if self._may_be_large and self._head_size() > self._max_head:
            self._refuse(self._too_large())
        version = parser.get_http_version()
        if version not in _VERSIONS:
            self._refuse(malformed("the request is of another version than HTTP/1.1"))
        target = httptools.parse_url(self.url)
        persistent = version != "1.0" and parser.should_keep_alive()
        head = Head(
            version,
            method.decode("ascii"),
            target.path or b"/",
            target.query or b"",
            self.headers,
            persistent,
            self._expects_continue and version != "1.0",
        )
        try:
            self._body = self._receiver.request_begins(head)
        except Problem as problem:
            self._refuse(problem)
        self.in_head = False

    def on_body(self, piece: bytes) -> None:
        """A piece of the body."""
        assert self._body is not None, "a body has a head"
        self._received += len(piece)
        self._framing -= len(piece)
        self._body.feed(piece)

    def on_message_complete(self) -> None:
        """The request is read to its end."""
        body, self._body = self._body, None
        if body is not None:  # else it is the head of an offered upgrade
            body.finish()

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _refuse(self, problem: Problem) -> NoReturn:
        self._problem = problem
        raise problem

    def _too_large(self) -> Problem:
        return _problem(HEADERS_TOO_LARGE, f"the headers are over {self._max_head:,} bytes")


def malformed(reason: str) -> Problem:
    """Bytes that are no request."""
    return _problem(MALFORMED_REQUEST, reason)


def _problem(kind: ProblemType, reason: str) -> Problem:
    return Problem(kind, reason, headers={"Connection": "close"})
