"""What the log counts of itself."""

import socket
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from db.log.account import COUNTED, Account
from db.log.postgres import PostgresLog

_SAVE_SECONDS = 5.0
_RELIEF_SECONDS = 0.2
# Nothing to tell is told too: who is silent for longer may be gone.
_LIFE_SECONDS = 10.0

_INSTANCE = socket.gethostname()


@dataclass(slots=True)
class Counters:
    """Rows since the process began; each number is changed by one thread only.

    accepted: handed in. answered: promised. committed: promised because they were in Postgres.
    spooled: promised because they were durable in the spool. drained: stored in Postgres by this
    process, whoever wrote them to the spool. duplicate: found there already. quarantined: never
    to be stored. refused: answered with 503. damaged_frames: unreadable pieces of the spool.
    """

    SAVED: ClassVar[tuple[str, ...]] = COUNTED

    accepted: int = 0
    committed: int = 0
    spooled: int = 0
    drained: int = 0
    duplicate: int = 0
    quarantined: int = 0
    refused: int = 0
    caught_up: int = 0
    """Rows that were promised by the spool, and are in Postgres by now."""
    damaged_frames: int = 0
    calls: int = 0
    call_seconds: float = 0.0
    """Calls to Postgres, and the time that they took together."""
    process_id: uuid.UUID = field(default_factory=uuid.uuid4)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    spool: str = ""
    """Directory of the spool."""
    ended: bool = False
    """Whether nothing is left to be stored, and nothing more will come."""
    _saved: Account | None = None
    _saved_at: float = 0.0

    @property
    def answered(self) -> int:
        """Rows that were promised."""
        return self.committed + self.spooled

    @property
    def account(self) -> Account:
        """What Postgres is told."""
        return Account(
            process_id=str(self.process_id),
            started_at=self.started_at.isoformat(),
            instance=_INSTANCE,
            spool=self.spool,
            counted={name: getattr(self, name) for name in self.SAVED},
            # Two threads count: for a moment more may have caught up than was promised.
            waiting=max(0, self.spooled - self.caught_up),
            ended=self.ended,
        )

    @property
    def unsaved(self) -> bool:
        """Whether Postgres does not know the latest numbers."""
        account = self.account
        return any(account.counted.values()) and account != self._saved

    def stored(self, sent: int, inserted: int) -> None:
        """Note a batch that Postgres committed."""
        self.drained += inserted
        self.duplicate += sent - inserted

    def due(self, *, at_once: bool) -> bool:
        """Whether it is time for `save`."""
        age = time.monotonic() - self._saved_at
        if self._saved is not None and age >= _LIFE_SECONDS:
            return True
        # That nothing waits any more is told soon: until then it seems as if rows were missing.
        relieved = self._saved is not None and self._saved.waiting > 0 and not self.account.waiting
        soon = at_once or (relieved and age >= _RELIEF_SECONDS)
        return (soon or age >= _SAVE_SECONDS) and self.unsaved

    def save(self, postgres: PostgresLog) -> None:
        """Write the numbers to `log_counter`; raises what PostgresLog raises."""
        account = self.account
        account.save(postgres, alive=True)
        self._saved, self._saved_at = account, time.monotonic()
