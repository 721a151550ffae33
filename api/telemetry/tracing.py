"""Spans for OpenTelemetry. Imported only where an endpoint is set: its SDK is large."""

import threading
import time

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from starlette.types import Scope

from api.telemetry.request_span import RequestSpan

# Of the ten seconds that Docker grants a stop; it passes beside the closing of the log.
_FLUSH_SECONDS = 2.0


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

    def begin(self, scope: Scope) -> RequestSpan:
        """A request's span, a child of the caller's if there is one; whoever began it ends it."""
        return RequestSpan(self._tracer, scope)

    def stop(self) -> None:
        """Begin to send what is left, for a bounded time."""
        self._deadline = time.monotonic() + _FLUSH_SECONDS
        self._flush.start()

    def join(self) -> None:
        """Wait for the end of that; what is not sent by then is lost."""
        self._flush.join(max(0.0, self._deadline - time.monotonic()))
