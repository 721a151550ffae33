"""What the trainer says while it works."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal

from contract.text import lines_shown

LogFormat = Literal["console", "json", "auto"]


class Progress:
    """Lines on standard output: for a terminal, or one JSON object each."""

    def __init__(self, log_format: LogFormat) -> None:
        looked_at = sys.stdout.isatty()
        self._json = log_format == "json" or (log_format == "auto" and not looked_at)
        self._reports_json = log_format == "json"

    def say(self, text: str, **fields: object) -> None:
        """One line; `fields` are for machines."""
        _write(_object("info", text, fields) if self._json else text)

    def report(self, text: str, **fields: object) -> None:
        """A line of what was asked for: plain text, unless JSON itself was asked for."""
        _write(_object("info", text, fields) if self._reports_json else text)

    def warn(self, text: str) -> None:
        """A line that nobody should miss."""
        bar = "!" * 78
        _write(_object("warning", text, {}) if self._json else f"{bar}\n{text}\n{bar}")

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Says how long a step took."""
        started = time.perf_counter()
        yield
        seconds = time.perf_counter() - started
        self.say(f"{name:<36}{seconds:6.1f} s", step=name, seconds=round(seconds, 3))


def _object(level: str, event: str, fields: dict[str, object]) -> str:
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json.dumps({"ts": moment, "level": level, "event": event, **fields})


def _write(line: str) -> None:
    # The names of files and what a bundle says of itself are others' words.
    sys.stdout.write(f"{lines_shown(line)}\n")
    sys.stdout.flush()
