"""What the trainer says while it works."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


class Progress:
    """Lines on standard output: for a terminal, or one JSON object each."""

    def __init__(self, log_format: str) -> None:
        looked_at = sys.stdout.isatty()
        self._json = log_format == "json" or (log_format == "auto" and not looked_at)

    def say(self, text: str, **fields: object) -> None:
        """One line; `fields` are for machines."""
        if self._json:
            moment = datetime.now(UTC).isoformat(timespec="milliseconds")
            line = json.dumps({"ts": moment, "level": "info", "event": text, **fields})
        else:
            line = text
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def report(self, text: str) -> None:
        """A line of what was asked for; the same for everybody."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def warn(self, text: str) -> None:
        """A line that nobody should miss."""
        if self._json:
            moment = datetime.now(UTC).isoformat(timespec="milliseconds")
            line = json.dumps({"ts": moment, "level": "warning", "event": text})
            sys.stdout.write(f"{line}\n")
        else:
            bar = "!" * 78
            sys.stdout.write(f"{bar}\n{text}\n{bar}\n")
        sys.stdout.flush()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Says how long a step took."""
        started = time.perf_counter()
        yield
        seconds = time.perf_counter() - started
        self.say(f"{name:<36}{seconds:6.1f} s", step=name, seconds=round(seconds, 3))
