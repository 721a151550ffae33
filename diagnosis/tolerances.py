"""How much a quantity may move before it is a change, in the units in which people say it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tolerances:
    """The tolerances of a declaration; what it leaves out has these defaults."""

    share: float = 0.02
    """Of the rows, below or above a quantile of a column or of the score, and of a caller."""
    atom: float = 0.01
    """Of the rows, with one value of a column: missing, a code, a level, a frequent value."""
    observed_over_expected: float = 0.15
    """Of the ratio of the odds: by so much the outcomes may be worse or better than the scores."""
    auc: float = 0.01
    """Of the area under the ROC curve."""
    coverage: float = 0.05
    """Of the due cases, with an outcome."""
    delay: float = 0.2
    """Of the median delay of an outcome, as a share of it."""
    volume: float = 0.25
    """Of the rows an hour, as a share of what is usual at that hour of the week."""
