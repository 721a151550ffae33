"""The service's own log: one line an event on standard output, for people or as JSON."""

import logging
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import orjson

from api.settings import ApiSettings
from api.telemetry.line_writer import LineWriter

_UVICORN = ("uvicorn", "uvicorn.error", "uvicorn.asgi")
_ACCESS = "uvicorn.access"
_WARNINGS = "py.warnings"
# uvicorn speaks of processes and signals; what it says of requests is not written.
_OUR_LOGGERS = frozenset({"api", "prediction_log", "uvicorn"})


class LineFormat:
    """One event, one line: readable, or a JSON object."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def line(self, moment: float, level: str, event: str, fields: dict[str, Any]) -> bytes:
        """The line of an event at a Unix time, with its line feed."""
        ts = timestamp(moment)
        if self.as_json:
            document = {"ts": ts, "level": level, "event": event, **fields}
            return orjson.dumps(document, default=str, option=orjson.OPT_APPEND_NEWLINE)
        pairs = "".join(f" {name}={value}" for name, value in fields.items())
        return f"{ts} {level:8} {event}{pairs}\n".encode(errors="backslashreplace")


class LineHandler(logging.Handler):
    """Sends the records of every logger to the line writer, in the one form of the service."""

    def __init__(self, writer: LineWriter, line_format: LineFormat) -> None:
        super().__init__()
        self.writer = writer
        self._format = line_format

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record; the fields that it brings along as `fields` stand beside the event."""
        try:
            self.writer.put(self._line(record))
        except Exception:
            # The rule of logging: a record never breaks its caller.
            self.handleError(record)

    def _line(self, record: logging.LogRecord) -> bytes:
        fields: dict[str, Any] = dict(getattr(record, "fields", {}))
        if self._format.as_json:
            fields["logger"] = record.name
        if record.exc_info and record.exc_info[1]:
            fields["traceback"] = trace(record.exc_info[1])
        level = record.levelname.lower()
        return self._format.line(record.created, level, _event(record), fields)


@contextmanager
def written(settings: ApiSettings) -> Iterator[LineWriter]:
    """Send every logger's records to standard output; whoever began it ends it."""
    root = logging.getLogger()
    for handler in root.handlers:
        if isinstance(handler, LineHandler):
            yield handler.writer
            return
    line_format = LineFormat(as_json=settings.json_lines)
    writer = LineWriter(sys.stdout.fileno(), lambda count: _notice(line_format, count))
    handler = LineHandler(writer, line_format)
    _take_over_uvicorn()
    root.addHandler(handler)
    root.setLevel(settings.log_level.upper())
    logging.captureWarnings(capture=True)
    try:
        yield writer
    finally:
        root.removeHandler(handler)
        logging.captureWarnings(capture=False)
        writer.close()


def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC, to the millisecond, of a Unix time."""
    whole = int(seconds)
    return f"{_second(whole)}.{int((seconds - whole) * 1000):03d}Z"


def trace(error: BaseException) -> str:
    """Where an error came from: places and types, without messages.

    An error's message may quote what a client sent, and no sent value belongs in the log; a
    system error's reason is the system's own.
    """
    parts = []
    link: BaseException | None = error
    while link is not None:
        reason = f": {link.strerror}" if isinstance(link, OSError) else ""
        name = f"{type(link).__module__}.{type(link).__qualname__}{reason}\n"
        parts.append("".join(traceback.format_tb(link.__traceback__)) + name)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "then:\n".join(reversed(parts))


def _event(record: logging.LogRecord) -> str:
    """What happened; of other people's code only what cannot hold a value.

    Libraries quote what they could not read, as a header or a token: their text is kept with its
    places open. Where it has none it may be made already, and only its origin is told.
    """
    if record.name.split(".")[0] in _OUR_LOGGERS:
        return record.getMessage()
    if record.name == _WARNINGS:
        # Place and category, then the text, which may quote a value.
        return ":".join(record.getMessage().split(":")[:3])
    origin = f"{record.name}, {record.module}:{record.lineno}"
    return f"{record.msg} ({origin})" if record.args else f"a message of {origin}"


def _notice(line_format: LineFormat, count: int) -> bytes:
    return line_format.line(time.time(), "warning", "log lines were dropped", {"count": count})


def _take_over_uvicorn() -> None:
    for name in _UVICORN:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
    # The access log is the service's own: route templates, and no query strings.
    access = logging.getLogger(_ACCESS)
    access.handlers.clear()
    access.propagate = False


@lru_cache(maxsize=2)
def _second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
