"""When to look again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_FURTHEST_DAYS = 3650.0


@dataclass(frozen=True, slots=True)
class Looks:
    """From a time on: when cases fall due next (None: none waits), and how many do in a day."""

    as_of: datetime
    next_due: datetime | None
    days: float
    cases_per_day: float | None

    def soon(self) -> datetime:
        """At the next usual look, or when the next cases fall due, if that is later."""
        usual = self.as_of + timedelta(days=self.days)
        return usual if self.next_due is None else max(usual, self.next_due)

    def after(self, cases: int | None) -> datetime:
        """When so many more cases will be due; at the usual look where that cannot be told."""
        if cases is None or not self.cases_per_day:
            return self.soon()
        days = min(cases / self.cases_per_day, _FURTHEST_DAYS)
        return max(self.soon(), self.as_of + timedelta(days=days))
