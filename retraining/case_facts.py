"""What a case begins with: the incident that opened it, and how much is known by then."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Trigger:
    """Why a case was opened: an incident as it was known, or a person's wish (`manual`).

    document: the incident's JSON (docs/diagnosis.md); None for a person's wish.
    """

    kind: str
    document: dict[str, Any] | None

    @property
    def action(self) -> str:
        """What the diagnosis asks for; `none` without one."""
        diagnosis = (self.document or {}).get("diagnosis")
        return diagnosis["action"] if diagnosis else "none"

    @property
    def is_undetermined(self) -> bool:
        """Whether the diagnosis names no cause."""
        diagnosis = (self.document or {}).get("diagnosis")
        return bool(diagnosis and diagnosis["undetermined"])


@dataclass(frozen=True, slots=True)
class Maturity:
    """How much of what should be known is known.

    due: cases whose outcome is due; known: those of them with a settled outcome; bads: those with
    the target's event; contested, quarantined: cases that were left out, and why. next_due: when
    the next cases fall due, None where none is waiting.
    """

    due: int
    known: int
    bads: int
    contested: int
    quarantined: int
    next_due: datetime | None

    @property
    def coverage(self) -> float | None:
        """Share of the due cases that are known; None where none is due."""
        return self.known / self.due if self.due else None
