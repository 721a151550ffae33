"""Refused requests, told to Postgres as far as that is cheap."""

import json
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from db.log.errors import RowsRefused
from db.log.postgres import PostgresLog

# A flood of refusals costs the database at most this much; the rest is only counted.
ROWS_A_MINUTE = 120
_WAITING = 1000
# Live rows wait while refusals are written.
_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Rejection:
    """A refused request: which fields broke which rules, never a value."""

    request_id: str
    route: str
    status: int
    errors: Sequence[tuple[str, str]]
    """JSON pointer and rule of each offending field."""
    model_version: str | None


class Rejections:
    """Best effort and bounded: what does not fit is counted in the next row that is written."""

    def __init__(self) -> None:
        self._waiting: deque[Rejection] = deque()
        self._allowance = float(ROWS_A_MINUTE)
        self._counted_at = time.monotonic()
        self.suppressed = 0
        """Refusals that were counted, but not written, since the last row."""

    def add(self, rejection: Rejection) -> None:
        """Note a refusal; never waits."""
        if len(self._waiting) >= _WAITING:
            self.suppressed += 1
        else:
            self._waiting.append(rejection)

    @property
    def due(self) -> bool:
        """Whether there is something to `save`."""
        return bool(self._waiting)

    def save(self, postgres: PostgresLog) -> None:
        """Write some of what waits, as far as the allowance goes; raises PostgresAway."""
        now = time.monotonic()
        earned = (now - self._counted_at) * ROWS_A_MINUTE / 60
        self._allowance = min(float(ROWS_A_MINUTE), self._allowance + earned)
        self._counted_at = now
        for _ in range(min(_AT_ONCE, int(self._allowance), len(self._waiting))):
            self._write(postgres, self._waiting[0])
            self._waiting.popleft()
            self._allowance -= 1
        while self._waiting and self._allowance < 1:
            self._waiting.popleft()
            self.suppressed += 1

    def _write(self, postgres: PostgresLog, rejection: Rejection) -> None:
        errors = [{"pointer": pointer, "rule": rule} for pointer, rule in rejection.errors]
        suppressed, self.suppressed = self.suppressed, 0
        try:
            postgres.execute(
                "INSERT INTO rejected_request"
                " (request_id, route, status, errors, model_version, suppressed)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                (
                    rejection.request_id,
                    rejection.route,
                    rejection.status,
                    json.dumps(errors),
                    rejection.model_version,
                    suppressed,
                ),
            )
        except RowsRefused:
            self.suppressed += suppressed + 1
