"""What a process has to account for: told to Postgres, and kept beside the rows in the spool.

A process that ends while Postgres is away cannot tell it anything any more. Its account lies in
its directory of the spool, and whoever drains that tells it instead.
"""

import json
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from db.log.postgres import PostgresLog

# Fields of the counters that Postgres keeps, each only ever growing.
COUNTED = (
    *("accepted", "answered", "committed", "spooled"),
    *("drained", "duplicate", "quarantined", "refused"),
)
_MOST_BYTES = 4096
_MOST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Account:
    """One process's numbers at one moment."""

    process_id: str
    started_at: str
    instance: str
    spool: str
    counted: dict[str, int]
    waiting: int
    """Rows that were answered, and are nowhere but in the spool."""
    ended: bool = False
    """Whether nothing of it is left in the spool, and nothing more will come."""

    def write(self) -> bytes:
        """As it stands in the spool."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def read(cls, content: bytes) -> "Account | None":
        """The account that `content` writes; None where it is none, as of an older release."""
        try:
            found = cls(**json.loads(content[:_MOST_BYTES]))
            uuid.UUID(found.process_id)
            datetime.fromisoformat(found.started_at)
            numbers = [found.waiting, *(found.counted[name] for name in COUNTED)]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None
        texts = (found.instance, found.spool)
        whole = all(type(number) is int and 0 <= number <= _MOST for number in numbers)
        plain = all(isinstance(text, str) and "\0" not in text for text in texts)
        return found if whole and plain else None

    def save(self, postgres: PostgresLog, *, alive: bool) -> None:
        """Tell Postgres; raises what PostgresLog raises. `alive`: the process itself tells it.

        Told late, or by two, no number goes back.
        """
        names = ", ".join(COUNTED)
        larger = ", ".join(f"{name} = greatest(known.{name}, EXCLUDED.{name})" for name in COUNTED)
        postgres.execute(
            f"INSERT INTO log_counter AS known (process_id, started_at, counted_at, instance,"  # noqa: S608 -- own names
            f" spool, waiting, ended_at, {names}) VALUES (%s, %s, now(), %s, %s, %s,"
            f" CASE WHEN %s THEN now() END, {', '.join(['%s'] * len(COUNTED))})"
            f" ON CONFLICT (process_id) DO UPDATE SET"
            f" counted_at = CASE WHEN %s THEN now() ELSE known.counted_at END, {larger},"
            " instance = EXCLUDED.instance, spool = EXCLUDED.spool,"
            " waiting = EXCLUDED.waiting, ended_at = EXCLUDED.ended_at",
            (*self._values(), alive),
        )

    def _values(self) -> tuple[Any, ...]:
        return (
            *(self.process_id, self.started_at, self.instance, self.spool),
            *(self.waiting, self.ended),
            *(self.counted[name] for name in COUNTED),
        )
