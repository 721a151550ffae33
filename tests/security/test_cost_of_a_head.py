"""What a path or a header costs does not depend on what stands in it, on any route."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import plain
from tests.api.http.test_keys import KEY, entry
from tests.api.service import Service

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads another process's clock")

SIZE = 8_000
ALLOWED = 0.008
"""Seconds beyond those of a plain request; work that is quadratic takes more."""
ATTEMPTS = 5

PATHS = {
    "letters": "a" * SIZE,
    "directories": "a/" * (SIZE // 2),
    "parents": "../" * (SIZE // 3),
    "escapes": "%41" * (SIZE // 3),
    "escaped slashes": "%2F" * (SIZE // 3),
    "members": "a=b&" * (SIZE // 4),
    "ampersands": "&" * SIZE,
}
VALUES = {
    "letters": "a" * SIZE,
    "blanks": "a" + " " * SIZE + "b",
    "commas": "," * SIZE,
    "members": "a=b," * (SIZE // 4),
    "semicolons": "a=b;" * (SIZE // 4),
    "commas and blanks": ", " * (SIZE // 2) + "a",
    "backslashes": 'a="' + "\\\\" * (SIZE // 2) + '"',
    "octals": 'a="' + "\\1" * (SIZE // 2) + '"',
    "digits": "0" * SIZE,
    "ranges": "bytes=" + "0-0," * (SIZE // 4),
    "a trace": f"00-{'1' * 32}-{'2' * 16}-01-" + "a" * SIZE,
}
HEADERS = [
    "Accept",
    "Authorization",
    "baggage",
    "Content-Encoding",
    "Content-Type",
    "Cookie",
    "If-None-Match",
    "Inference-Header-Content-Length",
    "Origin",
    "Range",
    "tracestate",
    "X-API-Key",
    "X-Unknown",
]
TRACE = {"traceparent": f"00-{'1' * 32}-{'2' * 16}-01"}
BESIDE = ("/", "/docs", "/docs/assets/swagger-ui.css", "/openapi.json", "/nothing")


@pytest.fixture
def running(settings: dict[str, str], tmp_path: Path) -> Iterator[Service]:
    more = {
        "API_KEYS": entry("tests", KEY),
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
        "OTEL_TRACES_SAMPLER": "always_off",  # what was sent is read all the same
    }
    with Service(tmp_path, settings | more) as service:
        yield service


class Meter:
    """Asks a service, and reads the clock of its process: others do not count."""

    def __init__(self, service: Service, client: httpx.Client) -> None:
        assert service.process is not None
        # As clock_getcpuclockid(3) makes it.
        self._clock = ~service.process.pid << 3 | 2
        self._client = client

    def seconds(self, method: str, path: str, headers: dict[str, str]) -> float:
        """Processor time for one request."""
        began = time.clock_gettime(self._clock)
        response = self._client.request(method, path, headers=TRACE | headers)
        assert response.status_code < 500, (method, path[:100], headers.keys(), response.text)
        return time.clock_gettime(self._clock) - began

    def is_dear(self, usual: float, method: str, path: str, headers: dict[str, str]) -> bool:
        """Whether it costs more than it may, each time."""
        return all(self.seconds(method, path, headers) > usual + ALLOWED for _ in range(ATTEMPTS))


def heads(path: str, places: list[str]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Name, path and headers of everything that is tried on one route."""
    for name, text in PATHS.items():
        yield f"{path} with {name} behind it", f"{path.rstrip('/')}/{text}", {}
        yield f"{path} with {name} as a query", f"{path}?{text}", {}
    for place in places:
        for name, text in PATHS.items():
            yield f"{path} with {name} for {place}", path.replace(place, text), {}
    for header in HEADERS:
        for name, text in VALUES.items():
            yield f"{path} with {name} in {header}", path, {header: text}


def test_no_path_and_no_header_is_dear_on_any_route(running: Service) -> None:
    with plain.Client(base_url=running.url, timeout=60) as client:
        listed = client.get("/openapi.json").json()["paths"]
        asked = [(method.upper(), path) for path, item in listed.items() for method in item]
        meter, dear = Meter(running, client), []
        for method, path in [*asked, *(("GET", path) for path in BESIDE)]:
            places = [part for part in path.split("/") if part.startswith("{")]
            usual = max(meter.seconds(method, path, {}) for _ in range(ATTEMPTS))
            dear += [
                name
                for name, found, headers in heads(path, places)
                if meter.is_dear(usual, method, found, headers)
            ]

    assert dear == []
