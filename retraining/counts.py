"""How much of what should be known is known, of the cases that say how things are now."""

from datetime import datetime

import numpy as np

from retraining.case_facts import Maturity
from retraining.row_sets import Parts
from retraining.rows import Mask, Rows

_DAY = 86_400_000_000


def maturity(rows: Rows, parts: Parts, next_due: datetime | None) -> Maturity:
    """In cases: due and known of all that began in the bounds, bads of those that judge.

    A case that a fault touched counts as quarantined alone.
    """
    due = parts.recent & ~rows.touched
    return Maturity(
        due=_cases(rows, due),
        known=_cases(rows, due & rows.usable),
        bads=_cases(rows, parts.evaluation & (rows.labels == 1)),
        contested=_cases(rows, due & rows.contested),
        quarantined=_cases(rows, parts.recent & rows.touched),
        next_due=next_due,
    )


def known_by_decision(rows: Rows, parts: Parts) -> dict[str, dict[str, int]]:
    """Due and known cases, apart by what was predicted: whether outcomes are of one kind only."""
    due = parts.recent & ~rows.touched
    found = {}
    for name, decision in (("predicted_0", 0), ("predicted_1", 1)):
        own = due & (rows.decided == decision)
        found[name] = {"due": _cases(rows, own), "known": _cases(rows, own & rows.usable)}
    return found


def cases_per_day(rows: Rows, parts: Parts) -> float:
    """How many cases began in a day, over the days that the rows span; at least one day."""
    times = rows.times[parts.recent]
    if not len(times):
        return 0.0
    days = max(float(times.max() - times.min()) / _DAY, 1.0)
    return _cases(rows, parts.recent) / days


def _cases(rows: Rows, part: Mask) -> int:
    return len(np.unique(rows.cases[part]))
