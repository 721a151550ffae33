"""The monitor's own log: one line an event, in the form of the api's."""

import json
import logging
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from monitor.settings import MonitorSettings

_UVICORN = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")


class Lines(logging.Handler):
    """Writes records to standard output: readable, or as JSON objects."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record; the fields that it brings along as `fields` stand beside the event."""
        fields: dict[str, Any] = dict(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[1]:
            fields["traceback"] = _places(record.exc_info[1])
        try:
            sys.stdout.write(self._line(record, fields) + "\n")
            sys.stdout.flush()
        except (OSError, ValueError):
            # Nobody reads: there is nowhere left to say so, and the service goes on.
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- logging's name
        """Leave it: the default would write to the same closed pipe."""

    def _line(self, record: logging.LogRecord, fields: dict[str, Any]) -> str:
        whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        ts, level = f"{whole}.{int(record.msecs):03d}Z", record.levelname.lower()
        event = record.getMessage()
        if self._as_json:
            document = {"ts": ts, "level": level, "event": event, **fields, "logger": record.name}
            return json.dumps(document, default=str)
        return f"{ts} {level:8} {event}" + "".join(f" {name}={fields[name]}" for name in fields)


@contextmanager
def written(settings: MonitorSettings) -> Iterator[None]:
    """Send every logger's records to standard output and nowhere else, until the end."""
    root, handler = logging.getLogger(), Lines(as_json=settings.json_lines)
    before = root.handlers[:]
    for name in _UVICORN:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"
        # What it says of a start and a stop is said by the api beside it, in the same words.
        logger.setLevel(logging.WARNING)
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    try:
        yield
    finally:
        root.handlers[:] = before


def _places(error: BaseException) -> str:
    """Where an error came from: places and types, without messages, which may quote a value."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"{frames}{type(error).__module__}.{type(error).__qualname__}"
