"""Why a change happened: the causes that hold, those that do not, and what would decide."""

import numpy as np

from diagnosis.case import Case
from diagnosis.causes.input_side import input_side
from diagnosis.causes.losses import cost
from diagnosis.causes.outcome_side import outcome_side
from diagnosis.causes.part import Part, settled
from diagnosis.causes.sides import sides
from diagnosis.causes.traffic_side import traffic_side
from diagnosis.causes.verdict import verdict
from diagnosis.finding import Candidate, Diagnosis

_SWAPPED = 0.005


def diagnose(case: Case) -> Diagnosis:
    """The diagnosis of an incident as it stands; the same case has the same one."""
    with np.errstate(all="ignore"):
        swapped = _swap(case)
        found = sides(case)
        if found is None:
            return verdict(case, swapped + traffic_side(case), None)
        told = input_side(case, found)
        part = swapped + settled(told.part + outcome_side(case, told)) + traffic_side(case)
        return verdict(case, part, cost(case, told.base, told.later))


def _swap(case: Case) -> Part:
    differ, of = case.rescored
    if not of:
        return Part()
    candidate = Candidate(
        "model_swap", 1.0, parameters={"differ": float(differ), "of": float(of)},
        because=f"{differ:,} of {of:,} rows scored again do not give the logged score: another"
        " model answered.",
    )  # fmt: skip
    if differ > max(_SWAPPED * of, 3):
        return Part(holds=(candidate,))
    reason = f"{of:,} rows scored again give the logged score, {differ:,} do not."
    return Part(refuted=(Candidate("model_swap", 0.0, refuted_by=reason),))
