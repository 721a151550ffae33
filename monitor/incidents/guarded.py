"""A diagnosis that cannot stop the look that asks for it: the page goes out, and says so."""

import logging
from collections.abc import Callable

from diagnosis.case import Case
from diagnosis.diagnose import diagnose
from diagnosis.finding import Diagnosis

logger = logging.getLogger("monitor")

FAILED = "The diagnosis itself failed: the monitor's log says why."


class Guarded:
    """`diagnose`, and undetermined where it raises; each kind of failure is logged once."""

    def __init__(self, diagnose: Callable[[Case], Diagnosis] = diagnose) -> None:
        self._diagnose = diagnose
        self._told: set[tuple[str, str]] = set()

    def __call__(self, case: Case) -> Diagnosis:
        """What holds of the case."""
        try:
            return self._diagnose(case)
        except Exception as error:
            told = (case.reference.version, f"{type(error).__name__}: {error}")
            if told not in self._told:
                self._told.add(told)
                logger.exception("an incident of %s cannot be diagnosed", told[0])
            return Diagnosis(
                case.at, "undetermined", (), actionable=False, action="wait", notes=(FAILED,)
            )
