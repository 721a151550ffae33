"""Fewer rows that say the same as of a time: where each case has a due day of its own, a tenth."""

from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import numpy as np

from monitor.judging.counts import Counts

_KEYS = ("hours", "start", "due_on", "due_last", "version", "caller")


def merged(counts: Counts, as_of: datetime) -> Counts:
    """One row for each start, version, caller, and whether it is due, waits, or has no due time.

    It says the same as the rows do as of that time, and of no other.
    """
    if not len(counts):
        return counts
    group = np.where(counts.open, 2, np.where(counts.due(as_of), 1, 0))
    version, caller = (
        np.unique(names.astype(str), return_inverse=True)[1]
        for names in (counts.version, counts.caller)
    )
    keys = np.stack([group, caller, version, counts.start.astype(np.int64)])
    order = np.lexsort(keys)
    keys, rows = keys[:, order], counts.where(order)
    first = np.flatnonzero(np.r_[True, (keys[:, 1:] != keys[:, :-1]).any(axis=0)])
    sums: dict[str, Any] = {
        field.name: np.add.reduceat(getattr(rows, field.name), first, axis=0)
        for field in fields(Counts)
        if field.name not in _KEYS
    }
    return replace(
        rows,
        start=rows.start[first],
        due_on=np.minimum.reduceat(rows.due_on, first),
        due_last=np.maximum.reduceat(rows.due_last, first),
        version=rows.version[first],
        caller=rows.caller[first],
        **sums,
    )
