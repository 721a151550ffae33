"""What a round's looks came to, for whoever does not look itself."""

from datetime import datetime
from typing import NamedTuple, Protocol

from monitor.database import MonitorConnection


class Watched(NamedTuple):
    """The looks of a round.

    hours: that were looked at, of all versions. behind: those left for the next round, for want of
    time. troubles: of each version that could not be looked at, why.
    """

    hours: int = 0
    behind: int = 0
    troubles: tuple[str, ...] = ()


class Watcher(Protocol):
    """The second half of a round: `watching.Watching`."""

    def run(self, connection: MonitorConnection, as_of: datetime, *, exact: bool) -> Watched:
        """Look at every hour that is over at `as_of`; exact: all of before it has come."""
        ...
