"""A line for each request: who asked is not in it, nor anything that was sent."""

import time

from api.settings import ApiSettings
from api.telemetry.line_writer import LineWriter
from api.telemetry.logs import LineFormat

_PROBES = frozenset(
    {"/health", "/livez", "/metrics", "/readyz", "/v2/health/live", "/v2/health/ready"}
)
_LEVELS = ("debug", "info", "warning", "error")


class AccessLog:
    """Formats on the spot (some microseconds) and leaves the writing to the writer's thread."""

    def __init__(self, writer: LineWriter, settings: ApiSettings) -> None:
        self._writer = writer
        self._format = LineFormat(as_json=settings.json_lines)
        self._least = _LEVELS.index(settings.log_level)

    def write(
        self,
        *,
        request_id: str,
        method: str,
        route: str,
        status: int,
        duration: float,
        model_version: str,
    ) -> None:
        """Note an answered request; `duration` in seconds."""
        level = "debug" if route in _PROBES else "error" if status == 500 else "info"
        if _LEVELS.index(level) < self._least:
            return
        fields = {
            "request_id": request_id,
            "method": method,
            "route": route,
            "status": status,
            "duration_ms": round(duration * 1000, 3),
            "model_version": model_version,
        }
        self._writer.put(self._format.line(time.time(), level, "request", fields))
