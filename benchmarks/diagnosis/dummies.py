"""Contenders that know nothing: what a figure is worth is what these do not reach."""

from diagnosis.finding import Cause, Diagnosed, Diagnosis, Happening, Moved, Onset, Opened
from diagnosis.hours import Hours

ALWAYS_SAYS: Cause = "missing"


def never(*_: object) -> list[Happening]:
    """Nothing is ever found."""
    return []


def always(_: object, hours: Hours, *__: object) -> list[Happening]:
    """Every midnight an incident, and the same cause for each."""
    found: list[Happening] = []
    for number, at in enumerate(range(hours.first + 24, hours.end + 1, 24), start=1):
        onset = Onset(at - 24, at - 24, at)
        moved = (Moved("MonthlyIncome = missing", 0.2, 0.3, "share", "MonthlyIncome"),)
        diagnosis = Diagnosis(
            at, ALWAYS_SAYS, (), actionable=True, action="fix_pipeline", columns=("MonthlyIncome",)
        )
        found += [Opened(number, at, onset, moved), Diagnosed(number, at, diagnosis)]
    return found
