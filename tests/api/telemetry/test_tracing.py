"""Spans reach a collector where one is set; without it nothing of that is loaded."""

import http.server
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests import plain
from tests.api.service import Service
from tests.conftest import Database
from tests.gmsc import SCHEMA

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
STOP_SECONDS = 10.0
_SOMEWHERE = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


class Collector:
    """Takes OTLP over HTTP and keeps what came."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []
        keep = self.requests.append

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                keep(ExportTraceServiceRequest.FromString(body))
                assert self.path == "/v1/traces"
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def spans(self) -> list[Span]:
        return [
            span
            for request in list(self.requests)
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def wait(self, request_id: str) -> list[Span]:
        """The spans of the trace of the request with this id, its own first."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            spans = self.spans()
            for own in spans:
                if text(own).get("prediction.request_id") == request_id:
                    children = [span for span in spans if span.parent_span_id == own.span_id]
                    return [own, *sorted(children, key=lambda span: span.start_time_unix_nano)]
            time.sleep(0.05)
        raise AssertionError(f"no span of {request_id} among {len(self.spans())}")


def text(span: Span) -> dict[str, str]:
    """The attributes, as text."""
    return {
        item.key: str(getattr(item.value, item.value.WhichOneof("value") or ""))
        for item in span.attributes
    }


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    collector = Collector()
    thread = threading.Thread(target=collector.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield collector
    collector.server.shutdown()
    collector.server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def settings(models: Path, log_database: Database) -> dict[str, str]:
    return {"MODELS_DIR": str(models), "DATABASE_URL": log_database.url("api")}


@pytest.fixture(scope="module")
def traced(
    collector: Collector, settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    more = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
    }
    with Service(tmp_path_factory.mktemp("traced"), settings | more) as running:
        yield running


def trace_ids(database: Database, request_id: str) -> set[str]:
    rows = database.query(
        "SELECT DISTINCT trace_id::text FROM prediction_log WHERE request_id = %s", request_id
    )
    return {row[0].replace("-", "") for row in rows}


def test_a_request_is_a_span_below_the_callers(
    traced: Service, collector: Collector, log_database: Database
) -> None:
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "X-Request-ID": "traced-1"}

    answer = plain.post(f"{traced.url}/predict", json=SCHEMA.example, headers=headers)

    own, score, wait = collector.wait("traced-1")
    version = answer.json()["model_version"]
    assert (own.trace_id.hex(), own.parent_span_id.hex()) == (TRACE, PARENT)
    assert (own.name, own.kind) == ("POST /predict", Span.SPAN_KIND_SERVER)
    assert text(own) == {
        "http.request.method": "POST",
        "http.response.status_code": "200",
        "http.route": "/predict",
        "prediction.batch_size": "1",
        "prediction.model_version": version,
        "prediction.request_id": "traced-1",
        "url.path": "/predict",
        "url.scheme": "http",
    }
    assert (score.name, wait.name) == ("score", "wait for the log")
    assert text(score) == {"prediction.batch_size": "1", "prediction.model_version": version}
    times = [
        own.start_time_unix_nano,
        score.start_time_unix_nano,
        score.end_time_unix_nano,
        wait.start_time_unix_nano,
        wait.end_time_unix_nano,
        own.end_time_unix_nano,
    ]
    # The two clocks that they are from differ by some microseconds.
    assert all(later > earlier - 50_000 for earlier, later in itertools.pairwise(times))
    assert trace_ids(log_database, "traced-1") == {TRACE}


@pytest.mark.parametrize("sent", [{}, {"traceparent": "nonsense"}], ids=["none", "an invalid one"])
def test_without_a_callers_trace_the_rows_name_the_spans_own(
    traced: Service, collector: Collector, log_database: Database, sent: dict[str, str]
) -> None:
    request_id = f"own-{len(sent)}"
    batch = {"instances": [SCHEMA.example] * 100}

    answer = plain.post(
        f"{traced.url}/predict/batch", json=batch, headers={"X-Request-ID": request_id, **sent}
    )

    assert answer.status_code == 200
    own, *children = collector.wait(request_id)
    assert own.parent_span_id == b""
    assert text(own)["prediction.batch_size"] == "100"
    assert len(children) == 2
    assert {child.trace_id for child in children} == {own.trace_id}
    assert trace_ids(log_database, request_id) == {own.trace_id.hex()}


def test_nothing_that_was_sent_is_in_a_span(traced: Service, collector: Collector) -> None:
    name = next(iter(SCHEMA.example))
    plain.post(
        f"{traced.url}/predict?secret-query=1",
        json={**SCHEMA.example, name: 987654.25, "secret-field": "secret-value"},
        headers={"X-Request-ID": "refused-1"},
    )
    plain.get(f"{traced.url}/secret/path", headers={"X-Request-ID": "nowhere-1"})

    (refused,) = collector.wait("refused-1")
    (nowhere,) = collector.wait("nowhere-1")
    everything = "".join(map(str, collector.requests))
    assert text(refused)["http.response.status_code"] == "422"
    assert refused.status.code == Status.STATUS_CODE_UNSET
    assert (nowhere.name, text(nowhere)["http.response.status_code"]) == ("GET", "404")
    assert "http.route" not in text(nowhere)
    assert "secret" not in everything
    assert "987654" not in everything


@pytest.mark.parametrize(
    "headers",
    [
        {"baggage": "confidential-1"},
        {"baggage": "confidential-2=\u00fc".encode().decode("latin-1")},
        {"baggage": "confidential-3=" + "x" * 9000},
        {"baggage": "a=b," * 200 + "confidential-4"},
        {"tracestate": "confidential-5"},
        {"tracestate": "Confidential 6=1,confidential-7=2,confidential-7=3"},
        {"tracestate": "a=" + "confidential-8" * 60},
    ],
    ids=str,
)
def test_no_line_quotes_what_a_library_could_not_read(
    traced: Service, headers: dict[str, str]
) -> None:
    headers |= {"traceparent": f"00-{TRACE}-{PARENT}-01", "X-Request-ID": "unreadable"}
    sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]

    assert plain.get(f"{traced.url}/model", headers=sent).status_code == 200
    traced.wait_for_line(request_id="unreadable")

    assert "onfidential" not in traced.text


def test_the_spans_say_which_service_they_are_of(traced: Service, collector: Collector) -> None:
    plain.get(f"{traced.url}/health", headers={"X-Request-ID": "health-1"})

    collector.wait("health-1")

    (resource, *_) = collector.requests[0].resource_spans
    found = {item.key: item.value.string_value for item in resource.resource.attributes}
    assert found["service.name"] == "prediction-api"
    assert found["deployment.environment.name"] == "test"


def test_an_answer_of_503_is_an_error(
    collector: Collector, settings: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "spool").write_text("a file where a directory should be")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        broken = {
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{collector.url}/v1/traces",
            "OTEL_SERVICE_NAME": "by another name",
            # Away, it would be known to be, and nothing would be scored.
            "DATABASE_URL": f"postgresql://api:x@127.0.0.1:{port}/mlops?connect_timeout=60",
            "LOG_WAIT_SECONDS": "0.2",
            "LOG_CLOSE_SECONDS": "0",
        }
        answer = _asked_and_stopped(Service(tmp_path, settings | broken))

    own, _, wait = collector.wait("not-now")
    assert answer.status_code == 503
    assert own.status.code == Status.STATUS_CODE_ERROR
    assert own.status.message == ""
    assert text(own)["error.type"] == "503"
    assert wait.status.code == Status.STATUS_CODE_ERROR
    assert text(wait)["error.type"] == "LogUnavailable"
    assert str(tmp_path) not in str(own) + str(wait)


def _asked_and_stopped(made: Service) -> httpx.Response:
    with made as service:
        headers = {"X-Request-ID": "not-now"}
        answer = plain.post(f"{service.url}/predict", json=SCHEMA.example, headers=headers)
        # What is left is sent at the stop: the SDK's delay is five seconds.
        service.stop()
        return answer


def test_what_is_not_sampled_is_not_sent_and_its_rows_have_a_trace_all_the_same(
    collector: Collector, settings: dict[str, str], tmp_path: Path, log_database: Database
) -> None:
    more = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_TRACES_SAMPLER": "always_off"}
    headers = {"X-Request-ID": "unsampled", "traceparent": f"00-{TRACE}-{PARENT}-00"}

    with Service(tmp_path, settings | more) as service:
        answer = plain.post(f"{service.url}/predict", json=SCHEMA.example, headers=headers)
        service.stop()

    assert answer.status_code == 200
    assert trace_ids(log_database, "unsampled") == {TRACE}
    assert "unsampled" not in {
        text(span).get("prediction.request_id") for span in collector.spans()
    }


def test_a_collector_that_hangs_slows_nothing(settings: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        more = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "50"}
        more |= {"OTEL_BSP_MAX_QUEUE_SIZE": "64", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "16"}
        with Service(tmp_path, settings | more) as service, plain.Client() as client:
            took = [_seconds(client, service) for _ in range(300)]
            began = time.monotonic()
            status = service.stop()
            stopped = time.monotonic() - began

    assert status == 0
    assert sorted(took)[len(took) // 2] < 0.1
    # Who waited for the collector would wait for the exporter's ten seconds.
    assert max(took) < 5
    assert stopped < STOP_SECONDS


def _seconds(client: httpx.Client, service: Service) -> float:
    began = time.monotonic()
    client.post(f"{service.url}/predict", json=SCHEMA.example).raise_for_status()
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "is no URL of a collector"),
        (
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            },
            "set it to http/protobuf",
        ),
        (
            {**_SOMEWHERE, "OTEL_EXPORTER_OTLP_HEADERS": "authorization=confidential token,x"},
            "OTEL_EXPORTER_OTLP_HEADERS is not NAME=VALUE",
        ),
    ],
)
@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_refuses_to_start_where_spans_cannot_be_exported(
    settings: dict[str, str], tmp_path: Path, more: dict[str, str], complaint: str, workers: str
) -> None:
    status, output = Service(tmp_path, settings | more | {"WORKERS": workers}).run()

    assert status == 1
    assert complaint in output
    assert "Traceback" not in output
    assert "confidential" not in output


@pytest.mark.parametrize("more", [{}, _SOMEWHERE], ids=["without spans", "with spans"])
def test_a_propagator_that_is_not_installed_is_named(
    settings: dict[str, str], tmp_path: Path, more: dict[str, str]
) -> None:
    propagators = {"OTEL_PROPAGATORS": "tracecontext,b3"}

    status, output = Service(tmp_path, settings | more | propagators).run()

    assert status == 2
    assert output.startswith("OTEL_PROPAGATORS: names one whose package is not installed")
    assert len(output.splitlines()) == 1


# Serves for as long as it takes to see what is loaded.
_LOADED = """
import asyncio, sys
from api.main import create_app
app = create_app()
async def main():
    async with app.router.lifespan_context(app) as state:
        print("tracing", state["tracing"] is not None, file=sys.stderr)
        print("sdk", "opentelemetry.sdk" in sys.modules, file=sys.stderr)
        print("exporter", "opentelemetry.exporter" in sys.modules, file=sys.stderr)
        print("requests", "requests" in sys.modules, file=sys.stderr)
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("more", "loaded"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, True),
    ],
    ids=["unset", "empty", "disabled", "set"],
)
def test_the_sdk_is_loaded_only_where_it_is_wanted(
    settings: dict[str, str], tmp_path: Path, more: dict[str, str], loaded: bool
) -> None:
    status, output = Service(tmp_path, settings | more).run("-c", _LOADED)

    assert status == 0
    for what in ("tracing", "sdk", "exporter", "requests"):
        assert f"{what} {loaded}\n" in output
