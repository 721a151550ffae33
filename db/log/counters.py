"""What the log counts of itself."""

import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from db.log.postgres import PostgresLog

_SAVE_SECONDS = 5.0


@dataclass(slots=True)
class Counters:
    """Rows since the process began; each number is changed by one thread only.

    accepted: handed in. answered: promised. committed: promised because they were in Postgres.
    spooled: promised because they were durable in the spool. drained: stored in Postgres by this
    process, whoever wrote them to the spool. duplicate: found there already. quarantined: never
    to be stored. refused: answered with 503. damaged_frames: unreadable pieces of the spool.
    """

    SAVED: ClassVar[tuple[str, ...]] = (
        "accepted",
        "answered",
        "committed",
        "spooled",
        "drained",
        "duplicate",
        "quarantined",
        "refused",
    )

    accepted: int = 0
    committed: int = 0
    spooled: int = 0
    drained: int = 0
    duplicate: int = 0
    quarantined: int = 0
    refused: int = 0
    damaged_frames: int = 0
    calls: int = 0
    call_seconds: float = 0.0
    """Calls to Postgres, and the time that they took together."""
    process_id: uuid.UUID = field(default_factory=uuid.uuid4)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _saved: tuple[int, ...] = ()
    _saved_at: float = 0.0

    @property
    def answered(self) -> int:
        """Rows that were promised."""
        return self.committed + self.spooled

    @property
    def unsaved(self) -> bool:
        """Whether Postgres does not know the latest numbers."""
        return any(self._values()) and self._values() != self._saved

    def stored(self, sent: int, inserted: int) -> None:
        """Note a batch that Postgres committed."""
        self.drained += inserted
        self.duplicate += sent - inserted

    def due(self, *, at_once: bool) -> bool:
        """Whether it is time for `save`."""
        return (at_once or time.monotonic() - self._saved_at >= _SAVE_SECONDS) and self.unsaved

    def save(self, postgres: PostgresLog) -> None:
        """Write the numbers to `log_counter`; raises what PostgresLog raises."""
        values = self._values()
        names = ", ".join(self.SAVED)
        updates = ", ".join(f"{name} = EXCLUDED.{name}" for name in self.SAVED)
        places = ", ".join(["%s"] * len(self.SAVED))
        postgres.execute(
            f"INSERT INTO log_counter (process_id, started_at, counted_at, {names})"  # noqa: S608 -- own names
            f" VALUES (%s, %s, now(), {places})"
            f" ON CONFLICT (process_id) DO UPDATE SET counted_at = now(), {updates}",
            (str(self.process_id), self.started_at, *values),
        )
        self._saved, self._saved_at = values, time.monotonic()

    def _values(self) -> tuple[int, ...]:
        return tuple(getattr(self, name) for name in self.SAVED)
