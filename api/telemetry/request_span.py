"""A request's span, and those within it; imported by tracing only.

It follows OpenTelemetry's conventions for HTTP servers. No span holds anything of a body, nor the
path as it was sent, only the route's template.
"""

import time
from collections.abc import Sequence
from typing import Any, cast

from opentelemetry import propagate
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, set_span_in_context
from starlette.types import Scope

from api.telemetry.request import CLIENT_GONE, NO_ROUTE, Timing
from db.log import PredictionLog

_METHODS = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"}
)


class RequestSpan:
    """A request from its first sight to the end of its answer, and in it what it waits for."""

    def __init__(self, tracer: Tracer, scope: Scope) -> None:
        self._began = time.time_ns() - time.perf_counter() * 1e9
        self._tracer = tracer
        self._method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        self._sent: Sequence[tuple[bytes, bytes]] = scope["headers"]
        # No span keeps baggage, and to parse eight kilobytes of blanks in it takes a tenth of a
        # second.
        sent = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in self._sent
            if name != b"baggage"
        ]
        self._span = tracer.start_span(
            self._method,
            propagate.extract(dict(sent)),
            SpanKind.SERVER,
            {"http.request.method": self._method, "url.scheme": scope["scheme"]},
        )
        self._context = set_span_in_context(self._span, Context())

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Those that were sent, with this span as the parent: the request's rows name its trace."""
        kept = [(name, value) for name, value in self._sent if name != b"traceparent"]
        return [*kept, (b"traceparent", _traceparent(self._span))]

    def log(self, log: PredictionLog) -> PredictionLog:
        """The same log; the wait for it is a span."""
        return cast("PredictionLog", _TracedLog(log, self._tracer, self._context))

    def answered(self, route: str, status: int) -> None:
        """The answer is sent; `route` is the template."""
        _answered(self._span, self._method, route, status)

    def failed(self, error: BaseException) -> None:
        """The answer broke off."""
        _failed(self._span, type(error).__qualname__)

    def end(self, request_id: str, model_version: str, timing: Timing | None) -> None:
        """Tell what is known of the request by its end; `timing` where it was scored."""
        if self._span.is_recording():
            self._span.set_attribute("prediction.request_id", request_id)
            self._span.set_attribute("prediction.model_version", model_version)
            if timing is not None:
                self._span.set_attribute("prediction.batch_size", timing.instances)
                self._add_scoring(model_version, timing)
        self._span.end()

    def _add_scoring(self, model_version: str, timing: Timing) -> None:
        # It was timed for the metrics as well, maybe in another thread.
        scoring = self._tracer.start_span(
            "score",
            self._context,
            attributes={
                "prediction.model_version": model_version,
                "prediction.batch_size": timing.instances,
            },
            start_time=int(self._began + timing.began * 1e9),
        )
        scoring.end(int(self._began + timing.ended * 1e9))


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
