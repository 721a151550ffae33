"""Round after round in a thread of its own, whatever becomes of Postgres."""

import logging
import time
from collections.abc import Callable
from typing import Protocol

from db.log.errors import PostgresAway
from monitor.errors import MonitorError, RollupBusy
from monitor.repeated import Repeated

logger = logging.getLogger("monitor")

# A transaction that is under way when the service ends is undone by Postgres.
_STOP_SECONDS = 2.0


class RoundReport(Protocol):
    """What a round did."""

    @property
    def hours(self) -> int:
        """Hours that were counted."""

    @property
    def seconds(self) -> float:
        """How long it took."""

    @property
    def pending(self) -> int:
        """Hours that are still to be counted."""


class Rounds(Repeated):
    """Does a round every so many seconds; one that fails is made up for by the next.

    A trouble is said once, when it begins, and its end as well.
    """

    def __init__(self, once: Callable[[], RoundReport], seconds: float) -> None:
        super().__init__("rounds", _STOP_SECONDS)
        self._once = once
        self._seconds = seconds
        self._trouble: str | None = None
        self.done = 0
        """Whole rounds."""
        self.failed = 0
        """Rounds that ended in an error."""
        self.busy = 0
        """Rounds that were left to somebody else, who was counting."""

    def attempt(self) -> None:
        """Do one round, and say what came of it."""
        try:
            report = self._once()
        except RollupBusy:
            # Another monitor, or the one that takes a month off: it counts for us.
            self.busy += 1
            return
        except (PostgresAway, MonitorError) as error:
            self.failed += 1
            self._say(f"{type(error).__name__}: {error}", "not counted", {"reason": str(error)})
            return
        except Exception as error:
            # The page goes on showing what was counted before, and says how old it is.
            self.failed += 1
            if self._trouble != type(error).__qualname__:
                self._trouble = type(error).__qualname__
                logger.exception("a round failed")
            return
        self.done += 1
        if self._trouble is not None:
            self._trouble = None
            logger.info("counting again")
        if report.hours:
            fields = {"hours": report.hours, "seconds": round(report.seconds, 3)}
            logger.info("counted", extra={"fields": fields | {"pending": report.pending}})

    def _say(self, trouble: str, event: str, fields: dict[str, str]) -> None:
        if self._trouble != trouble:
            self._trouble = trouble
            logger.warning(event, extra={"fields": fields})

    def run(self) -> None:
        """Round after round."""
        while not self.stopping.is_set():
            began = time.monotonic()
            self.attempt()
            self.stopping.wait(max(0.1, self._seconds - (time.monotonic() - began)))
