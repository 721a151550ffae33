"""Spans for OpenTelemetry. Imported only where an endpoint is set: its SDK is large.

A request's span follows OpenTelemetry's conventions for HTTP servers. No span holds anything of a
body, nor the path as it was sent, only the route's template.
"""

import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any, cast

from opentelemetry import propagate
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, set_span_in_context
from starlette.types import Receive, Scope, Send

from api.http.envelope import NO_ROUTE
from api.state import RequestState
from api.telemetry.access_log import CLIENT_GONE
from db.log import PredictionLog

Serve = Callable[[Scope, Receive, Send], Awaitable[tuple[str, int]]]
"""Serves a request; the route's template and the status of the answer."""

# Of the ten seconds that Docker grants a stop; it passes beside the closing of the log.
_FLUSH_SECONDS = 2.0
_METHODS = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"}
)


class Tracing:
    """Sends spans from a thread of the SDK's; a full queue drops them, and nothing waits."""

    def __init__(self) -> None:
        resource = Resource.create()
        if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
            resource = resource.merge(Resource({SERVICE_NAME: "prediction-api"}))
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("api")
        # A collector that is away may hold the SDK's own shutdown for half a minute.
        self._flush = threading.Thread(
            target=self._provider.shutdown, name="spans-flush", daemon=True
        )
        self._deadline = 0.0

    async def trace(self, serve: Serve, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request in a span of its own, a child of the caller's if there is one."""
        began = time.time_ns() - time.perf_counter() * 1e9
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        # No span keeps baggage, and to parse eight kilobytes of blanks in it takes a tenth of a
        # second.
        sent = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in scope["headers"]
            if name != b"baggage"
        ]
        span = self._tracer.start_span(
            method,
            propagate.extract(dict(sent)),
            SpanKind.SERVER,
            {"http.request.method": method, "url.scheme": scope["scheme"]},
        )
        state = cast("RequestState", scope["state"])
        context = set_span_in_context(span, Context())
        state["log"] = cast("PredictionLog", _TracedLog(state["log"], self._tracer, context))
        # The request's rows name the trace of its span; this is where they take it from.
        kept = [(name, value) for name, value in scope["headers"] if name != b"traceparent"]
        scope = {**scope, "headers": [*kept, (b"traceparent", _traceparent(span))]}
        try:
            route, status = await serve(scope, receive, send)
            _answered(span, method, route, status)
        except BaseException as error:
            _failed(span, type(error).__qualname__)
            raise
        finally:
            self._describe(span, context, state, began)
            span.end()

    def stop(self) -> None:
        """Begin to send what is left, for a bounded time."""
        self._deadline = time.monotonic() + _FLUSH_SECONDS
        self._flush.start()

    def join(self) -> None:
        """Wait for the end of that; what is not sent by then is lost."""
        self._flush.join(max(0.0, self._deadline - time.monotonic()))

    def _describe(self, span: Span, context: Context, state: RequestState, began: float) -> None:
        if not span.is_recording():
            return
        version = state["model"].version
        span.set_attribute("prediction.request_id", state["request_id"])
        span.set_attribute("prediction.model_version", version)
        timing = state.get("timing")
        if timing is None:
            return
        span.set_attribute("prediction.batch_size", timing.instances)
        attributes: dict[str, str | int] = {
            "prediction.model_version": version,
            "prediction.batch_size": timing.instances,
        }
        # It was timed for the metrics as well, maybe in another thread.
        scoring = self._tracer.start_span(
            "score",
            context,
            attributes=attributes,
            start_time=int(began + timing.began * 1e9),
        )
        scoring.end(int(began + timing.ended * 1e9))


class _TracedLog:
    """The log as a traced request has it: the wait for it is a span."""

    def __init__(self, log: PredictionLog, tracer: Tracer, context: Context) -> None:
        self._log = log
        self._tracer = tracer
        self._context = context

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    async def append(self, lines: bytes, rows: int) -> None:
        """As PredictionLog.append."""
        span = self._tracer.start_span(
            "wait for the log", self._context, attributes={"prediction.batch_size": rows}
        )
        try:
            await self._log.append(lines, rows)
        except BaseException as error:
            _failed(span, type(error).__qualname__)
            raise
        finally:
            span.end()


def _traceparent(span: Span) -> bytes:
    own = span.get_span_context()
    return b"00-%032x-%016x-%02x" % (own.trace_id, own.span_id, own.trace_flags)


def _answered(span: Span, method: str, route: str, status: int) -> None:
    name = "HTTP" if method == "_OTHER" else method
    if route == NO_ROUTE:
        span.update_name(name)
    else:
        span.update_name(f"{name} {route}")
        span.set_attributes({"http.route": route, "url.path": route})
    if status == CLIENT_GONE:
        # No status was sent; the number is the access log's.
        span.set_attribute("error.type", "client_gone")
        return
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        _failed(span, str(status))


def _failed(span: Span, kind: str) -> None:
    # Neither message nor traceback: they may hold what was sent.
    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR)
