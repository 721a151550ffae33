"""Why a change happened: the causes that hold, those that do not, and what would decide."""

from diagnosis.case import Case
from diagnosis.finding import Diagnosis


def diagnose(case: Case) -> Diagnosis:
    """The diagnosis of an incident as it stands; the same case has the same one."""
    return Diagnosis(case.at, "undetermined", (), actionable=False, action="wait")
