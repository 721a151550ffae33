"""What the log says of itself."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from db.log.counters import Counters

State = Literal[
    "normal",
    "catching_up",  # rows of the spool are on their way to Postgres
    "spool_high",  # the spool is nearly full
    "postgres_away",  # answers come from the spool
    "spool_unusable",  # answers wait for Postgres
    "unavailable",  # 503
]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, slots=True)
class LogStatus:
    """One look at the log."""

    state: State
    since: str
    """RFC 3339, UTC."""
    reason: str | None
    can_log: bool
    ready: bool
    """Whether requests should come: a way to log was seen, and it is not wrongly configured."""
    refused: bool
    """Whether Postgres answers and refuses, for a reason that only a person can end."""
    threads_alive: bool
    backlog_rows: int
    backlog_bytes: int
    spool_bytes: int
    oldest_seconds: float
    """Age of the oldest row of this process that is not in Postgres yet."""
    rows_in_flight: int
    counters: Counters

    def as_dict(self) -> dict[str, object]:
        """The short form, for /health."""
        return {
            "state": self.state,
            "since": self.since,
            "reason": self.reason,
            "refused_by_postgres": self.refused,
            "rows_not_in_postgres": self.backlog_rows,
            "oldest_row_seconds": round(self.oldest_seconds, 1),
            "spool_bytes": self.spool_bytes,
            "quarantined_rows": self.counters.quarantined,
        }


class StateClock:
    """Since when a state has been what it is, as of the looks at it."""

    def __init__(self) -> None:
        self._state = ""
        self._since = ""

    def since(self, state: str) -> str:
        """RFC 3339 of the first look that saw `state`, with no other in between."""
        if state != self._state:
            self._state = state
            self._since = datetime.now(UTC).isoformat(timespec="seconds")
        return self._since
