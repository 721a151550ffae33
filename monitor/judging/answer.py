"""What can be said, or why it cannot."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unsaid:
    """It cannot be said: a sentence of why, and how many more cases it takes."""

    reason: str
    missing: int = 0
