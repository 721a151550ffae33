"""Which predictions are judged."""

from dataclasses import dataclass
from datetime import datetime

from monitor.judging.cohort import Step, bounds


@dataclass(frozen=True, slots=True)
class Selection:
    """Predictions from `start` until before `end` of business time, in whole cohorts.

    A name that is None selects all; the caller '' is those without a key.
    """

    start: datetime
    end: datetime
    step: Step
    version: str | None = None
    caller: str | None = None
    route: str | None = None

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From the beginning of the first cohort to the end of the last: none is cut in two."""
        last = max(self.start, self.end - datetime.resolution)
        return bounds(self.start, self.step)[0], bounds(last, self.step)[1]

    @property
    def hours(self) -> int:
        """How long a row is."""
        return 1 if self.step == "hour" else 24

    @property
    def names(self) -> tuple[str | None, ...]:
        """Version, caller and route."""
        return self.version, self.caller, self.route

    def values(self) -> dict[str, object]:
        """For the queries."""
        start, end = self.span
        version, caller, route = self.names
        return {"start": start, "end": end, "version": version, "caller": caller, "route": route}
