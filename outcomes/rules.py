"""What a report must be, wherever it comes from: a request or a file."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from contract.document import FieldError, printable
from outcomes.errors import InvalidReport
from outcomes.report import STATES, Report

REQUIRED = {
    "source": "1 to 64 printable characters, with no space at either end",
    "event_key": "1 to 200 printable characters, with no space at either end",
    "observed_at": "a time of RFC 3339 with its offset, from 2000 to 2099, to the microsecond at"
    " most, as 2026-11-23T13:11:10Z",
}
OPTIONAL = {
    "prediction_id": "the UUID that the service answered, of a prediction that is past",
    "reference": "1 to 200 printable characters, with no space at either end",
    "state": f"one of {', '.join(STATES)}",
    "outcome": "0 or 1, or null where the state is retracted or unobservable",
    "revision": "an integer from 0 to 2,147,483,647",
}
FIELDS = {**OPTIONAL, **REQUIRED}
"""Each field of a report, and what is allowed."""

DEFAULTS: dict[str, object] = {"state": "final", "revision": 0}
"""What a report has for a field that is not there."""

MAX_SOURCE = 64
MAX_KEY = 200

# Clocks differ by this much where nobody looks after them.
_LEEWAY = timedelta(minutes=5)
WITH_OUTCOME = frozenset({"final", "interim"})
_STATES = frozenset(STATES)
_MOST_REVISION = 2**31 - 1

ID = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$"
"""A UUID of version 7 (RFC 9562), which holds a time."""
ID_FORM = re.compile(ID[:-1] + r"\Z")
TIME = (
    r"^20[0-9]{2}-[01][0-9]-[0-3][0-9][Tt ]"
    r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
"""RFC 3339, section 5.6; the offset is what makes it a moment."""
_TIME = re.compile(TIME[:-1] + r"\Z")
_NAIVE = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?)?\Z", re.ASCII)
_FIRST = 946_684_800_000  # milliseconds of 2000-01-01

WRONG = object()
"""What a check makes of a value that is not allowed."""


class ReportRules:
    """Checks reports as of a moment: nothing can have been observed after it."""

    def __init__(self, now: datetime) -> None:
        self._latest = now + _LEEWAY
        self._latest_id = int(self._latest.timestamp() * 1000)
        self.checks: Mapping[str, Callable[[object], object]] = {
            "prediction_id": self._prediction_id,
            "reference": _text,
            "source": _source,
            "event_key": _text,
            "state": lambda value: value if value in _STATES else WRONG,
            "outcome": _outcome,
            "revision": _revision,
            "observed_at": self._observed_at,
        }
        """Of each field: what a report has for a value, or WRONG; may raise TypeError."""

    def read(self, fields: Mapping[str, object]) -> Report:
        """The report with these fields, of which a value is as JSON has it, numbers as floats.

        A field that is not there may be None as well. Raises InvalidReport, with all that is
        wrong.
        """
        found: dict[str, Any] = {**DEFAULTS}
        checks = self.checks
        try:
            for name, value in fields.items():
                if value is not None:
                    found[name] = checks[name](value)
            report = Report(
                found.get("prediction_id"),
                found.get("reference"),
                found["source"],
                found["event_key"],
                found["state"],
                found.get("outcome"),
                found["revision"],
                found["observed_at"],
            )
        except (KeyError, TypeError):
            # A field that is missing or unknown, or a value that cannot even be looked up.
            raise InvalidReport(list(self._offences(fields))) from None
        if (
            WRONG in report
            or (report.prediction_id is None) == (report.reference is None)
            or (report.outcome is None) == (report.state in WITH_OUTCOME)
        ):
            raise InvalidReport(list(self._offences(fields)))
        return report

    def _offences(self, fields: Mapping[str, object]) -> Iterator[FieldError]:
        given = {name: value for name, value in fields.items() if value is not None}
        for name, value in given.items():
            if name not in FIELDS:
                detail = "is not a field of a report: leave it out"
                yield FieldError(f"/{printable(name)}", "unknown", detail)
            elif not self._is_right(name, value):
                yield FieldError(f"/{name}", "invalid", self._complaint(name, value))
        for name, allowed in REQUIRED.items():
            if name not in given:
                yield FieldError(f"/{name}", "missing", f"must be {allowed}")
        if "prediction_id" not in given and "reference" not in given:
            detail = "or reference must say what the report speaks of"
            yield FieldError("/prediction_id", "missing", detail)
        if "prediction_id" in given and "reference" in given:
            detail = "must not be there beside prediction_id: keep one of them"
            yield FieldError("/reference", "invalid", detail)
        yield from self._disagreement(given)

    def _disagreement(self, given: Mapping[str, object]) -> Iterator[FieldError]:
        state = given.get("state", "final")
        if not self._is_right("state", state):
            return
        if state in WITH_OUTCOME and "outcome" not in given:
            yield FieldError("/outcome", "missing", f"must be 0 or 1 where the state is {state}")
        if state not in WITH_OUTCOME and "outcome" in given:
            yield FieldError("/outcome", "invalid", f"must be null where the state is {state}")

    def _is_right(self, name: str, value: object) -> bool:
        try:
            return self.checks[name](value) is not WRONG
        except TypeError:
            return False

    def _complaint(self, name: str, value: object) -> str:
        if name == "observed_at" and isinstance(value, str):
            if _NAIVE.match(value):
                return "has no offset from UTC, so it is no moment: as 2026-11-23T13:11:10+01:00"
            if _moment(value) is not None:
                return "is in the future: a report tells what was observed"
        return f"must be {FIELDS[name]}"

    def _prediction_id(self, value: object) -> object:
        if not isinstance(value, str) or not ID_FORM.match(value):
            return WRONG
        milliseconds = int(value[:8] + value[9:13], 16)
        return value.lower() if _FIRST <= milliseconds <= self._latest_id else WRONG

    def _observed_at(self, value: object) -> object:
        found = _moment(value) if isinstance(value, str) else None
        return WRONG if found is None or found[0] > self._latest else found[1]


def _text(value: object) -> object:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_KEY or not value.isprintable():
        return WRONG
    return WRONG if value[0] == " " or value[-1] == " " else value


def _source(value: object) -> object:
    return WRONG if isinstance(value, str) and len(value) > MAX_SOURCE else _text(value)


def _outcome(value: object) -> object:
    return int(value) if isinstance(value, float) and value in {0.0, 1.0} else WRONG


def _revision(value: object) -> object:
    if not isinstance(value, float) or not 0 <= value <= _MOST_REVISION or value % 1:
        return WRONG
    return int(value)


# Reports of one day often have one time.
@lru_cache(maxsize=1024)
def _moment(text: str) -> tuple[datetime, str] | None:
    """The time that the text is, and its canonical form."""
    if not _TIME.match(text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except ValueError:
        return None  # as the 30th of February
    return (moment, moment.isoformat()) if 2000 <= moment.year < 2100 else None
