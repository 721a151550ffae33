"""Streams of requests, whole and broken, against a second reader of HTTP/1.1 (h11).

What h11 does not take for a request must never be answered as one; what both can read must be.
"""

import re
import socket
from dataclasses import dataclass
from itertools import pairwise

import h11
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.service import Service
from tests.security.fuzzing import examples

_PATHS = st.sampled_from(["/predict", "/predict/batch", "/v2/models/gmsc/infer", "/livez", "/no"])
_EXTRA = st.sampled_from(
    [
        b"Connection: Upgrade\r\nUpgrade: h2c\r\n",
        b"Connection: upgrade, keep-alive\r\nUpgrade: websocket\r\n",
        b"Connection: keep-alive\r\n",
        b"Connection: close\r\n",
        b"Expect: 100-continue\r\n",
        b"Content-Type: application/json\r\n",
        b"X-Odd: \t \r\n",
        b"X-Long: " + b"a" * 2000 + b"\r\n",
        b"TE: trailers\r\n",
    ]
)
_INNER = b"POST /predict HTTP/1.1\r\nHost: t\r\nX-Request-ID: smuggled\r\nContent-Length: 0\r\n\r\n"
_BODIES = st.sampled_from([b"", b"{}", b"0\r\n\r\n" + _INNER, _INNER, b"\r\n\r\n" + _INNER * 3])
_NOISE = st.sampled_from(
    [
        *(b"\r", b"\n", b"\r\n", b"\r\n\r\n", b" ", b"\t", b"\0", b":", b"0", b"\xff", b";", b","),
        *(b"Content-Length: 4\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: x\r\n"),
    ]
)


@st.composite
def _request(draw: st.DrawFn, number: int) -> bytes:
    method = draw(st.sampled_from([b"POST", b"POST", b"GET", b"PUT", b"OPTIONS"]))
    body, extra = draw(_BODIES), draw(st.lists(_EXTRA, max_size=3, unique=True))
    head = b"%b %b HTTP/1.1\r\nHost: t\r\nX-Request-ID: r%d\r\n" % (
        method,
        draw(_PATHS).encode(),
        number,
    )
    head += b"".join(extra)
    if draw(st.booleans()):
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    size = draw(st.integers(1, 40))
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    extension = draw(st.sampled_from([b"", b";a=b"]))
    trailer = draw(st.sampled_from([b"", b"X-Request-ID: smuggled\r\n"]))
    parts = [b"%x%b\r\n%b\r\n" % (len(chunk), extension, chunk) for chunk in chunks]
    return b"".join(
        (head, b"Transfer-Encoding: chunked\r\n\r\n", *parts, b"0\r\n", trailer, b"\r\n")
    )


@st.composite
def _stream(draw: st.DrawFn) -> tuple[bytes, bool]:
    """The bytes, and whether they are as a client would send them."""
    count = draw(st.integers(1, 4))
    data = b"".join(draw(_request(number)) for number in range(count))
    mutations = draw(st.sampled_from([0, 0, 1, 2]))
    for _ in range(mutations):
        at, cut = draw(st.integers(0, len(data))), draw(st.integers(0, 3))
        data = data[:at] + draw(st.one_of(st.just(b""), _NOISE)) + data[at + cut :]
    return data, not mutations


@dataclass
class _Seen:
    names: list[str]
    whole: int
    legal: bool


def _as_h11_sees_it(data: bytes) -> _Seen:
    seen = _Seen([], 0, legal=True)
    while data:
        connection = h11.Connection(h11.SERVER)
        # httptools overlooks line ends before a request, as RFC 9112 (section 2.2) recommends.
        connection.receive_data(data.lstrip(b"\r\n"))
        connection.receive_data(b"")
        try:
            whole = _read_one(connection, seen)
        except h11.RemoteProtocolError:
            seen.legal = False
            return seen
        if not whole:
            return seen
        seen.whole += 1
        connection.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
        connection.send(h11.EndOfMessage())
        if connection.our_state is not h11.DONE:
            return seen
        data, _ = connection.trailing_data
    return seen


def _read_one(connection: h11.Connection, seen: _Seen) -> bool:
    """Read a request to its end; whether there was one."""
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Request):
            seen.names += [
                value.decode("latin-1") for name, value in event.headers if name == b"x-request-id"
            ]
        elif not isinstance(event, h11.Data):
            return isinstance(event, h11.EndOfMessage)


def _told(service: Service, pieces: list[bytes]) -> bytes:
    with socket.create_connection(("127.0.0.1", service.port), timeout=5) as connection:
        data = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65_536):
                data += piece
        except ConnectionError:
            pass
        return data


@settings(
    max_examples=examples(400),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(stream=_stream(), cuts=st.lists(st.integers(1, 3000), max_size=4))
def test_a_stream_is_read_as_another_reader_reads_it(
    service: Service, stream: tuple[bytes, bool], cuts: list[int]
) -> None:
    data, clean = stream
    places = sorted({0, *(cut for cut in cuts if cut < len(data)), len(data)})
    pieces = [data[start:end] for start, end in pairwise(places)]
    seen = _as_h11_sees_it(data)

    told = _told(service, pieces)

    statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", told)]
    final = [status for status in statuses if status != 100]
    assert all(status < 500 for status in final), told
    # One more: the problem that says why the rest cannot be read.
    assert len(final) <= seen.whole + 1, (data, told)
    assert ("smuggled" in seen.names) or b"x-request-id: smuggled" not in told
    if not seen.legal:
        return
    ours = [name.decode() for name in re.findall(rb"x-request-id: (r\d)\r\n", told)]
    assert ours == [name for name in seen.names if re.fullmatch(r"r\d", name)][: len(ours)], data
    # A client that does not wait to be let on leaves unclear whether its body follows.
    if clean and b"Expect" not in data:
        assert len(final) == seen.whole, (data, told)
