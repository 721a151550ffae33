"""The second half of a round: each version's new hours are looked at, in the order of time."""

import heapq
import logging
import time
from datetime import datetime
from pathlib import Path

from contract.signature import SigningKeys
from db.log.errors import PostgresAway
from diagnosis.course import Course, Sensitivity
from monitor.database import MonitorConnection
from monitor.incidents import closed
from monitor.incidents.guarded import Guarded
from monitor.incidents.hours import time_of
from monitor.incidents.look import Looked, Looks
from monitor.incidents.versions import Versions
from monitor.incidents.watched import Watched
from outcomes.connection import is_gone

logger = logging.getLogger("monitor")

_PROGRESS_SECONDS = 10.0

Queue = list[tuple[int, str]]
"""A heap of the next hour of each version: so the days of all go by together, and incidents are
numbered alike whether many days are looked at or one."""


class Watching:
    """Looks at what is closed and counted; what fails for a version stops nothing else.

    seconds: after which no other look begins, and the next round goes on; None: never. One look is
    made in each round.
    """

    def __init__(self, looks: Looks, seconds: float | None = None) -> None:
        self._looks = looks
        self._seconds = seconds
        self._done: int | None = None
        self._troubles: dict[str, str] = {}

    @classmethod
    def of(
        cls, models: Path, keys: SigningKeys, pages: float, seconds: float | None = None
    ) -> "Watching":
        """Looks by the course of each version, with so many false pages a year at most."""
        sensitivity, diagnose = Sensitivity(pages), Guarded()
        looks = Looks(
            Versions(models, keys), lambda reference: Course(reference, sensitivity, diagnose)
        )
        return cls(looks, seconds)

    def run(self, connection: MonitorConnection, as_of: datetime, *, exact: bool) -> Watched:
        """Look at every hour that is over at `as_of`; see `closed.over` for `exact`.

        A trouble is logged when it begins, and its end as well. Raises PostgresAway where Postgres
        itself is away.
        """
        over = closed.over(as_of, exact=exact)
        if over == self._done:
            return Watched()
        progress = _Progress(self._seconds)
        queue = self._queue(connection, over, as_of)
        hours, waits, troubles = 0, False, list[str]()
        while queue:
            _, version = heapq.heappop(queue)
            looked = self._attempt(connection, version, over, as_of)
            if looked is None:
                troubles.append(f"{version}: {self._troubles[version]}")
                continue
            hours += looked.end - looked.first
            waits |= looked.waits
            if looked.first < looked.end < over:
                heapq.heappush(queue, (looked.end, version))
            if progress.is_late(version, looked.end):
                break
        if not queue and not waits and not troubles:
            self._done = over
        return Watched(hours, sum(over - hour for hour, _ in queue), tuple(troubles))

    def _queue(self, connection: MonitorConnection, over: int, as_of: datetime) -> Queue:
        with connection.attempt(), connection.cursor() as cursor:
            known = closed.versions(cursor)
        queue = [(hour, version) for version, hour in known.items() if hour < over]
        for hour, version in queue:
            self._looks.begin(connection, version, hour, as_of)
        heapq.heapify(queue)
        return queue

    def _attempt(
        self, connection: MonitorConnection, version: str, over: int, as_of: datetime
    ) -> Looked | None:
        try:
            looked = self._looks.look(connection, version, over, as_of)
        except Exception as error:
            if isinstance(error, PostgresAway) and is_gone(error):
                raise
            self._fail(version, error)
            return None
        if self._troubles.pop(version, None):
            logger.info("%s is looked at again", version)
        return looked

    def _fail(self, version: str, error: Exception) -> None:
        trouble = f"{type(error).__name__}: {error}"
        if self._troubles.get(version) != trouble:
            self._troubles[version] = trouble
            logger.exception("%s cannot be looked at", version, exc_info=error)


class _Progress:
    """Whether there is time for another look; says now and then how far a long round is."""

    def __init__(self, seconds: float | None) -> None:
        self._began = self._told = time.monotonic()
        self._seconds = seconds

    def is_late(self, version: str, end: int) -> bool:
        """After a look at a version."""
        now = time.monotonic()
        if now - self._told > _PROGRESS_SECONDS:
            self._told = now
            fields = {"model_version": version, "until": time_of(end).isoformat()}
            logger.info("looking at what was logged before", extra={"fields": fields})
        return self._seconds is not None and now - self._began >= self._seconds
