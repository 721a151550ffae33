"""What whoever asks for a draft says of the table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The target, which of its values are the event, and the columns that have a role.

    negative: none where all other values are.
    """

    target: str
    positive: Sequence[str]
    negative: Sequence[str] = ()
    reference: str | None = None
    event_time: str | None = None
    outcome_time: str | None = None
    group: str | None = None
    split: Literal["hash", "time", "group"] | None = None
    key: str | None = None
    title: str | None = None

    @property
    def roles(self) -> dict[str, str]:
        """The columns that are no inputs, by what they are."""
        names = ("reference", "event_time", "outcome_time", "group")
        return {name: column for name in names if (column := getattr(self, name)) is not None}

    @property
    def rule(self) -> Literal["hash", "time", "group"]:
        """What decides which rows are held out: the group, where one is named."""
        return self.split or ("group" if self.group else "hash")
