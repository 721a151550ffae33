"""Which of the faults that were fitted hold on rows that they were not fitted to."""

import numpy as np

from diagnosis.causes.contrast import contrast
from diagnosis.causes.crowd import Crowd
from diagnosis.causes.fault import Fault, Laid
from diagnosis.causes.faults import Faults
from diagnosis.causes.people import against_people
from diagnosis.causes.points import Point, has
from diagnosis.causes.scales import Scaled
from diagnosis.causes.shapes import Rounded

_EXPLAINS = 0.3
# A factor less far from 1 in some rows can look like a change of people.
_STRONG_FACTOR = 5.0
_LEAST_SHARE = 0.01
_MOST = 0.6
# Twice the log of the likelihood ratio from which other people are ruled out.
AGAINST = 12.0
# So many tolerances no column of other people moves without the others.
_FAR = 8.0
# A value that few had, or that so many more have, was put there.
_RARE, _MORE, _AT_LEAST = 0.003, 3.0, 0.005


def accepted(base: Crowd, late: Crowd, tested: Faults) -> tuple[tuple[Laid, ...], bool]:
    """The faults that hold, and whether other people would explain the rows as well.

    All, where they take everything back; else the first ones that nothing else can be.
    """
    if not tested.found:
        return (), False
    laid_upon = [base, *(each.crowd for each in tested.found[:-1])]
    pairs = list(zip(laid_upon, tested.found, strict=True))
    if tested.left.is_quiet() and tested.explains > _EXPLAINS:
        return tested.found, any(_may_be_people(before, late, each) for before, each in pairs)
    still = set(tested.left.moved())
    strong = []
    for before, each in pairs:
        held = is_strong(before, late, each.fault) and each.shares.max() > _LEAST_SHARE
        # Some factor in some rows fits a part of any change; it must be nearly all of it.
        most = isinstance(each.fault, Point) or tested.explained_by(each) > _MOST
        if not held or not most or still & set(each.fault.columns):
            break
        strong.append(each)
    return tuple(strong), False


def _may_be_people(base: Crowd, late: Crowd, each: Laid) -> bool:
    """Whether other people would do as well; hardly, where a column moved far alone."""
    if is_strong(base, late, each.fault):
        return False
    found = contrast(base, late)
    own = np.isin(base.partition.columns, each.fault.columns)
    far = np.abs(found.differences[own]) / base.partition.tolerances[own]
    alone = isinstance(each.fault, Point) and float(far.max(initial=0.0)) > _FAR
    wanted = -AGAINST if alone else AGAINST
    return against_people(base, late, each) < wanted


def is_strong(base: Crowd, later: Crowd, fault: Fault) -> bool:
    """Whether no change of people looks like it."""
    if isinstance(fault, Scaled):
        return bool(abs(np.log(abs(fault.factor))) > np.log(_STRONG_FACTOR))
    if isinstance(fault, Rounded):
        return True
    return bool(fault.put) and all(
        _was_put(base, later, column, value)
        for column, value in zip(fault.columns, fault.put, strict=True)
    )


def _was_put(base: Crowd, later: Crowd, column: int, value: float) -> bool:
    before, after = (float(has(each.values[:, column], value).mean()) for each in (base, later))
    return before <= _RARE or (not np.isnan(value) and after >= _MORE * before + _AT_LEAST)
