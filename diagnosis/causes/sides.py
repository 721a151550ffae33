"""The two sides of a change as crowds: rows of before that stand for the same hours of the week."""

from dataclasses import dataclass

import numpy as np

from diagnosis.case import Case
from diagnosis.causes.contrast import contrast
from diagnosis.causes.crowd import Crowd
from diagnosis.causes.partition import Partition, partition
from diagnosis.hours import DAY, WEEK
from diagnosis.rows import ANONYMOUS, Floats, Mask, Places, Rows

_BLOCK = 6
_BLOCKS = 8
# The first hour of all was on a Saturday.
_WEEKEND = 48
_FEW = 200
_PARTS = 16
_ACTIVE, _STILL = 8.0, 4.0
# Half a block of the week in one row of before would weigh too much.
_MOST_WEIGHT = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """Rows of before and since, in one partition and with one list of callers.

    raw: the rows of before, all alike; base: weighted so that the hours of the week are as often in
    them as in `later`. live: whether they are the version's own rows, and not the reference's
    sample. over: since when the rows look as before again, if they do; later ones are left out.
    """

    partition: Partition
    raw: Crowd
    base: Crowd
    later: Crowd
    names: tuple[str, ...]
    live: bool
    over: float | None = None


def sides(case: Case) -> Sides | None:
    """The two sides; None where either has no rows."""
    before, after = _clean(case)
    live = len(before) >= min(_FEW, len(after))
    if not live and case.reference.sample is not None:
        before = case.reference.sample
    if not len(before) or not len(after):
        return None
    after = after.of(np.argsort(after.times, kind="stable"))
    watched = frozenset(each.column for each in case.moved if each.column is not None)
    cells = partition(case.reference, before.values, after.values, watched)
    names, places = _named(before, after, live=live)
    raw = _crowd(cells, before, places[0])
    later = _crowd(cells, after, places[1])
    end = _over(raw, later)
    if end is not None:
        later = later.of(later.times < end)
    base = raw.weighted(_weeks(raw.times, later.times)) if live else raw
    return Sides(cells, raw, base, later, names, live, end)


def _clean(case: Case) -> tuple[Rows, Rows]:
    """Without the hours of which it is not known on which side they lie, where enough is left."""
    before, after = case.before, case.after
    sure = before.times < case.onset.low
    if sure.sum() >= _FEW:
        before = before.of(sure)
    sure = after.times >= case.onset.high
    if sure.sum() >= max(_FEW, 0.3 * len(after)):
        after = after.of(sure)
    return before, after


def _named(
    before: Rows, after: Rows, *, live: bool
) -> tuple[tuple[str, ...], tuple[Places, Places]]:
    """One list of callers, and the places of both sides' rows in it."""
    if not live:
        return (ANONYMOUS,), (np.zeros(len(before), np.int64), np.zeros(len(after), np.int64))
    names = tuple(dict.fromkeys((*before.names, *after.names)))
    tables = (np.array([names.index(name) for name in side.names]) for side in (before, after))
    one, two = (t[side.callers] for t, side in zip(tables, (before, after), strict=True))
    return names, (one.astype(np.int64), two.astype(np.int64))


def _crowd(cells: Partition, rows: Rows, callers: Places) -> Crowd:
    weights = np.ones(len(rows))
    return Crowd(
        *(cells, rows.values, cells.places(rows.values), callers),
        *(rows.scores, rows.times, weights),
    )


def blocks(times: Floats) -> Places:
    """(n,): the quarter of a day that each time lies in, of a weekday or of a weekend.

    Finer ones would leave few rows of before for the first days of a change.
    """
    hours = np.floor(times).astype(np.int64) % WEEK
    weekend = hours < _WEEKEND
    found: Places = hours % DAY // _BLOCK + np.where(weekend, _BLOCKS // 2, 0)
    return found


def _weeks(before: Floats, after: Floats) -> Floats:
    """(n,): weights under which the hours of the week are as often before as after."""
    one, two = (np.bincount(blocks(t), minlength=_BLOCKS) for t in (before, after))
    there = one > 0
    if two[there].sum() < 0.9 * two.sum():
        return np.ones(len(before))
    ratio = np.where(there, two / two.sum() / np.where(there, one / one.sum(), 1.0), 0.0)
    weights: Floats = np.minimum(ratio, _MOST_WEIGHT)[blocks(before)]
    return weights


def _over(base: Crowd, later: Crowd) -> float | None:
    """Since when the columns are as before again; None while they are not, or never were else."""
    count = min(len(later) // _FEW, _PARTS)
    if count < 4:
        return None
    parts = np.array_split(np.arange(len(later)), count)
    found = [contrast(base, later.of(part)) for part in parts]
    # The distances of all columns together scatter by this much where nothing moved.
    free = base.partition.size
    sizes = [np.sqrt(2 * free) * (1 / len(part) + 1 / len(base)) for part in parts]
    moved = np.array([each.distances.sum() / size for each, size in zip(found, sizes, strict=True)])
    active = np.flatnonzero(moved > _ACTIVE)
    if not len(active) or active[-1] >= len(parts) - 2 or moved[active[-1] + 1 :].max() > _STILL:
        return None
    return float(later.times[parts[active[-1]][-1]])


def of_known(sides: Sides) -> Mask:
    """(n,): whether a later row is of a caller that came before."""
    came = np.bincount(sides.raw.callers, minlength=len(sides.names)) > 0
    known: Mask = came[sides.later.callers]
    return known
