"""Counts of a window, and how rows of the roll-up tables are summed to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from db.rollup import bins
from monitor.arrays import flat
from monitor.page.window import Ints, Window

Floats = NDArray[np.float64]
Named = tuple[tuple[str, ...], Ints]
"""Names, and what is counted of each by grain: (names, grains)."""

Row = tuple[Any, ...]
"""Number of the grain, version, caller, predictions, positives, sum of probabilities, rows past
the spool, lags and cells; both arrays as Postgres writes them."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What one version scored, by grain of the window.

    `cells` is (grains, size of the layout), of the `counted` predictions: those before the version
    had a profile are in no cell.
    """

    predictions: Ints
    positives: Ints
    probability_sum: Floats
    counted: Ints
    cells: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """The predictions of the window by caller and by version, (n, grains); and one version's."""

    callers: tuple[str, ...]
    by_caller: Ints
    versions: tuple[str, ...]
    by_version: Ints
    lags: Ints
    past_the_spool: int
    seen: Seen


def summed(rows: Sequence[Row], window: Window, shown: str | None, size: int) -> Counts:
    """Of rows of either table. `shown` is the version whose cells are in them."""
    places = np.array([row[0] for row in rows], dtype=np.int64)
    own = [row for row in rows if row[1] == shown]
    versions, by_version = _split([row[1] for row in rows], places, rows, window)
    callers, by_caller = _split([row[2] for row in rows], places, rows, window)
    lags = np.zeros((window.grains, len(bins.LAGS) + 1), dtype=np.int64)
    np.add.at(lags, places, _arrays([row[7] for row in rows], lags.shape[1]))
    past = sum(row[6] for row in rows)
    return Counts(callers, by_caller, versions, by_version, lags, past, _seen(own, window, size))


def joined(one: Counts, other: Counts) -> Counts:
    """Counts of parts of one window, together."""
    seen = (
        getattr(one.seen, name) + getattr(other.seen, name) for name in Seen.__dataclass_fields__
    )
    return Counts(
        *_both((one.callers, one.by_caller), (other.callers, other.by_caller)),
        *_both((one.versions, one.by_version), (other.versions, other.by_version)),
        one.lags + other.lags,
        one.past_the_spool + other.past_the_spool,
        Seen(*seen),
    )


def _both(*parts: Named) -> Named:
    names = tuple(sorted({name for own, _ in parts for name in own}))
    sums = np.zeros((len(names), parts[0][1].shape[1]), dtype=np.int64)
    for own, counted in parts:
        sums[[names.index(name) for name in own]] += counted
    return names, sums


def _split(names: list[str], places: Ints, rows: Sequence[Row], window: Window) -> Named:
    """Predictions by name: (names, grains)."""
    known = tuple(sorted(set(names)))
    number = {name: at for at, name in enumerate(known)}
    sums = np.zeros((len(known), window.grains), dtype=np.int64)
    of = np.array([number[name] for name in names], dtype=np.int64)
    np.add.at(sums, (of, places), [row[3] for row in rows])
    return known, sums


def _seen(rows: Sequence[Row], window: Window, size: int) -> Seen:
    of = [np.zeros(window.grains, dtype=np.int64) for _ in range(3)]
    probability_sum = np.zeros(window.grains)
    for place, *_, predictions, positives, total, _past, _lags, cells in rows:
        of[0][place] += predictions
        of[1][place] += positives
        of[2][place] += predictions if cells else 0
        probability_sum[place] += total
    counted = [row for row in rows if row[8]]
    cells = np.zeros((window.grains, size), dtype=np.int64)
    np.add.at(cells, [row[0] for row in counted], _arrays([row[8] for row in counted], size))
    return Seen(of[0], of[1], probability_sum, of[2], cells)


def _arrays(texts: Sequence[str], size: int) -> Ints:
    """Arrays of one size, (n,) -> (n, size)."""
    return flat(texts, np.int64).reshape(len(texts), size)
