"""Durations of ISO 8601, added to times as Postgres adds them: months are the calendar's."""

import calendar
import re
from datetime import datetime, timedelta
from typing import NamedTuple

_FORM = re.compile(
    r"P(?=.)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?"
    r"(?:T(?=.)(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,5})S)?)?",
    re.ASCII,
)


class Duration(NamedTuple):
    """Whole months, and what is of a fixed length."""

    months: int
    rest: timedelta

    @classmethod
    def read(cls, text: str) -> "Duration":
        """Of a text as P30D or P24M; raises ValueError."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError("must be a duration of ISO 8601, as P30D or P24M")
        years, months, weeks, days, hours, minutes, seconds = (
            int(part or 0) for part in match.groups()
        )
        rest = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        return cls(12 * years + months, rest)

    def after(self, moment: datetime) -> datetime:
        """The time so long after `moment`; of a month that is too short, its last day.

        Raises OverflowError or ValueError beyond the year 9999.
        """
        year, month = divmod(moment.year * 12 + moment.month - 1 + self.months, 12)
        day = min(moment.day, calendar.monthrange(year, month + 1)[1])
        return moment.replace(year=year, month=month + 1, day=day) + self.rest
