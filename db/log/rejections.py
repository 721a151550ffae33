"""Refused requests, told to Postgres as far as that is cheap."""

import json
import time
from collections import deque
from collections.abc import Sequence, Set
from dataclasses import dataclass

from db.log.errors import RowsRefused
from db.log.offences import told
from db.log.postgres import PostgresLog

# A flood of refusals costs the database at most this much; the rest is only counted. A row is
# under 2 kB (db/log/offences.py), so that a process fills at most 40 MB a day.
ROWS_A_MINUTE = 120
ROWS_A_DAY = 20_000
_WAITING = 1000
# Live rows wait while refusals are written.
_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Rejection:
    """A refused request, and which fields broke which rules."""

    request_id: str
    route: str
    status: int
    errors: Sequence[tuple[str, str]]
    """JSON pointer and rule of each offending field; a pointer may hold the caller's own names."""
    model_version: str | None


class Allowance:
    """So many rows in so many seconds, earned evenly."""

    def __init__(self, rows: int, seconds: float) -> None:
        self._most = float(rows)
        self._a_second = rows / seconds
        self._left = float(rows)
        self._counted_at = time.monotonic()

    @property
    def rows(self) -> int:
        """Whole rows that may be written now."""
        now = time.monotonic()
        earned = (now - self._counted_at) * self._a_second
        self._left = min(self._most, self._left + earned)
        self._counted_at = now
        return int(self._left)

    def spend(self) -> None:
        """One row was written."""
        self._left -= 1


class Rejections:
    """Best effort and bounded: what does not fit is counted in the next row that is written.

    fields: the names that the declaration gives, which may be kept.
    """

    def __init__(self, fields: Set[str]) -> None:
        self._fields = fields
        self._waiting: deque[tuple[object, ...]] = deque()
        self._allowances = (Allowance(ROWS_A_MINUTE, 60), Allowance(ROWS_A_DAY, 24 * 60 * 60))
        self.suppressed = 0
        """Refusals that were counted, but not written, since the last row."""

    def add(self, rejection: Rejection) -> None:
        """Note a refusal; never waits."""
        if len(self._waiting) >= _WAITING:
            self.suppressed += 1
        else:
            # All protocols pass here, and what waits is harmless already.
            self._waiting.append(
                (
                    rejection.request_id,
                    rejection.route,
                    rejection.status,
                    json.dumps(told(rejection.errors, self._fields)),
                    rejection.model_version,
                )
            )

    @property
    def due(self) -> bool:
        """Whether there is something to `save`."""
        return bool(self._waiting)

    def save(self, postgres: PostgresLog) -> None:
        """Write some of what waits, as far as the allowance goes; raises PostgresAway."""
        for _ in range(min(_AT_ONCE, self._allowed, len(self._waiting))):
            self._write(postgres, self._waiting[0])
            self._waiting.popleft()
            for allowance in self._allowances:
                allowance.spend()
        while self._waiting and not self._allowed:
            self._waiting.popleft()
            self.suppressed += 1

    @property
    def _allowed(self) -> int:
        return min(allowance.rows for allowance in self._allowances)

    def _write(self, postgres: PostgresLog, values: tuple[object, ...]) -> None:
        suppressed, self.suppressed = self.suppressed, 0
        try:
            postgres.execute(
                "INSERT INTO rejected_request"
                " (request_id, route, status, errors, model_version, suppressed)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                (*values, suppressed),
            )
        except RowsRefused:
            self.suppressed += suppressed + 1
