"""Which rows a case learns from and which it is judged on, and what tells one set from another."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from contract.digest import canonical_json, sha256
from contract.schema import DataSetSchema
from retraining.records import rfc3339
from retraining.rows import Integers, Mask, Rows, moment_of

# Raise it whenever the canonical bytes below change.
_FORM = "rows/1"
_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True)
class Bounds:
    """Times in microseconds of 2000. seen_until: the end of what the champion was trained on.

    since: cases that began before say nothing of how things are now; only a refit learns from them.
    """

    since: int = 0
    seen_until: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Of n rows: what a refit learns from, what the other rungs are fitted on, what judges them.

    cut: the business time, in microseconds of 2000, from which on cases begin that are judged on. A
    case is on one side; rows of an earlier case from after the cut are in no part. unseen: of fit
    the rows of cases that began in the bounds. recent: all that began since, whatever is known.
    """

    cut: int
    fit: Mask
    unseen: Mask
    evaluation: Mask
    recent: Mask


def cut_of(rows: Rows, share: float, bounds: Bounds) -> int | None:
    """The time from which on about that share of the usable cases begin; None where none does.

    Never before all that the champion was trained on.
    """
    first = _first(rows)
    cases = np.unique(rows.cases[rows.usable])
    begins = np.sort(first[cases][first[cases] >= bounds.since])
    if not len(begins):
        return None
    cut = int(begins[min(int((1 - share) * len(begins)), len(begins) - 1)])
    return max(cut, bounds.seen_until + 1)


def parts(rows: Rows, cut: int, bounds: Bounds) -> Parts:
    """The rows on either side of a cut."""
    begins = _first(rows)[rows.cases] if len(rows) else rows.times
    recent: Mask = begins >= bounds.since
    own = recent & (begins > bounds.seen_until)
    fit = rows.usable & (rows.times < cut)
    return Parts(cut, fit, fit & own, rows.usable & (begins >= cut) & own, recent)


def _first(rows: Rows) -> Integers:
    """For each case the time of its first row, usable or not."""
    first = np.full(int(rows.cases.max()) + 1 if len(rows) else 0, np.iinfo(np.int64).max)
    np.minimum.at(first, rows.cases, rows.times)
    return first


def digest(schema: DataSetSchema, rows: Rows, part: Mask) -> str:
    """Identity of some of the rows: cases, times, labels and values, in their order.

    Ids and times of the system are not in it, so that a log that was fed again has the same; a case
    without a name of the caller's is known by its id alone.
    """
    head = {"form": _FORM, "schema": sha256(schema.to_json()), "rows": int(part.sum())}
    found = hashlib.sha256(canonical_json(head) + b"\n")
    chosen = np.flatnonzero(part)
    for start in range(0, len(chosen), _AT_ONCE):
        at = chosen[start : start + _AT_ONCE]
        own = np.column_stack([rows.names[at], rows.times[at], rows.settled[at], rows.labels[at]])
        values = np.where(np.isnan(rows.features[at]), np.nan, rows.features[at]) + 0.0
        found.update(np.hstack([own, values]).astype("<f8").tobytes())
    return found.hexdigest()


def document(schema: DataSetSchema, rows: Rows, part: Mask) -> dict[str, Any]:
    """A part as a record tells of it."""
    times = rows.times[part]
    return {
        "rows": int(part.sum()),
        "cases": len(np.unique(rows.cases[part])),
        "bads": int(rows.labels[part].sum()),
        "from": rfc3339(moment_of(int(times.min()))) if len(times) else None,
        "to": rfc3339(moment_of(int(times.max()))) if len(times) else None,
        "sha256": digest(schema, rows, part),
    }
