"""Other people: whether they, and not a fault, explain how columns moved, and what they cost.

General covariate shift fits any change of the columns. It is told from a fault by the other
columns: people with such values differ in these as well, and a fault leaves them as they are.
"""

import numpy as np

from diagnosis.case import Case
from diagnosis.causes.contrast import contrast
from diagnosis.causes.crowd import Crowd
from diagnosis.causes.fault import Laid
from diagnosis.causes.losses import expected
from diagnosis.finding import Candidate

# The loss to expect may rise by this part of itself before it is harm.
HARM = 0.1
_SURE_HARM = 1.5
# Later rows in cells that were empty before; beyond this there were no such people.
_UNSEEN = 0.2
_LEAST_SIZE = 0.02


def against_people(base: Crowd, later: Crowd, laid: Laid) -> float:
    """By how much a fault fits better than other people: twice the log of a likelihood ratio.

    Chi-square is taken of the cells of the other columns, and of how all columns go together.
    """
    if laid.fault.cause == "shuffled_column":
        return np.inf
    columns = laid.fault.columns
    own = contrast(laid.crowd, later).chi_square(columns)
    return min(_more_than(own, base, later, column, columns) for column in columns)


def against_people_with(base: Crowd, later: Crowd, column: int) -> float:
    """The same of a column that changed in no known form: the others stayed, or moved with it."""
    own = contrast(base, later).chi_square((column,))
    return _more_than(own, base, later, column, (column,))


def _more_than(
    own: float, base: Crowd, later: Crowd, column: int, without: tuple[int, ...]
) -> float:
    people = _people_with(base, later, column)
    return np.inf if people is None else contrast(people, later).chi_square(without) - own


def _people_with(base: Crowd, later: Crowd, column: int) -> Crowd | None:
    """Rows of before, weighted to the later shares of a column's cells.

    What goes with a value stays as it is. None where there were too few such people.
    """
    one, two = base.column_shares(column), later.column_shares(column)
    if two[one == 0].sum() > _UNSEEN:
        return None
    ratio = np.where(one > 0, two / np.where(one > 0, one, 1.0), 0.0)
    own = base.cells[:, column] - base.partition.starts[column]
    people = base.weighted(base.weights * ratio[own])
    return people if people.size > _LEAST_SIZE * base.size else None


def covariate(case: Case, base: Crowd, later: Crowd) -> tuple[Candidate, ...]:
    """Harmless or harmful by the loss to expect; both where it cannot be told."""
    before, after = (expected(case.reference, crowd) for crowd in (base, later))
    rise = after[0] / before[0] - 1 if before[0] > 0 else 0.0
    error = float(np.hypot(before[1], after[1])) / max(before[0], 1e-9)
    because = (
        f"Other people come: the loss to expect of a case was {before[0]:.3f} and is"
        f" {after[0]:.3f}, {100 * abs(rise):.0f}% {'more' if rise > 0 else 'less'}, if P(y|x) is"
        " unchanged."
    )
    parameters = {"loss_before": before[0], "loss_after": after[0]}
    harmful, harmless = (
        Candidate(cause, 1.0, because=because, parameters=parameters)
        for cause in ("covariate_harmful", "covariate_harmless")
    )
    if rise > HARM + _SURE_HARM * error:
        return (harmful,)
    if rise < HARM - _SURE_HARM * error:
        return (harmless,)
    return (harmful, harmless)
