"""Somebody who reports outcomes all the while, and sends again what was not answered."""

import json
import threading
import urllib.error
import urllib.request
import uuid
from collections import Counter
from typing import Any

_OBSERVED = "2026-01-02T03:04:05+00:00"
_PAUSE = 0.2
_SECONDS = 10
_EACH = 3


class Reporter(threading.Thread):
    """Reports outcomes of cases to one service, a few at a time."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.run_id = uuid.uuid4().hex[:8]
        self.statuses: Counter[int] = Counter()
        """How often each status was answered; 0 stands for no answer."""
        self.answered: dict[str, int] = {}
        """The outcome of each report that was answered with 200, by its key."""
        self._url = f"http://127.0.0.1:{port}/outcomes"
        self._done = threading.Event()

    def run(self) -> None:
        number = 0
        while not self._done.is_set():
            reports = [self._report(number + place) for place in range(_EACH)]
            status = self._send(reports)
            self.statuses[status] += 1
            if status == 200:
                number += _EACH
                self.answered |= {each["event_key"]: each["outcome"] for each in reports}
            self._done.wait(_PAUSE)

    def stop(self) -> None:
        """Report nothing any more."""
        self._done.set()
        self.join(2 * _SECONDS)

    def lost(self, rows: list[tuple[Any, ...]]) -> list[str]:
        """The keys that were answered and are not in these rows of key and outcome, once each."""
        stored = Counter(rows)
        return [key for key, outcome in self.answered.items() if stored[key, outcome] != 1]

    def _report(self, number: int) -> dict[str, Any]:
        return {
            "reference": f"{self.run_id}-{number % 50}",
            "source": "core",
            "event_key": f"{self.run_id}-{number}",
            "outcome": number % 2,
            "revision": number,
            "observed_at": _OBSERVED,
        }

    def _send(self, reports: list[dict[str, Any]]) -> int:
        request = urllib.request.Request(
            self._url,
            data=json.dumps({"outcomes": reports}).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0
