"""Groups of cases whose odds may have changed alone: ranges of a column, its values, a caller."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from diagnosis.causes.calibrated import sigmoid
from diagnosis.reference import Reference
from diagnosis.rows import Floats, Mask, Places, Rows

_BINS = 24
_MOST_EDGES = 24
_STEPS = 10
_FEW_POSITIVES = 8.0
_OF_RANGES = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Cases of a range of a column (its place), or of a caller.

    mask, mask_before: (n,), which of those since the change are in it, and which of those before.
    gain: by how much one factor for their odds raises the log likelihood.
    """

    column: int | None
    segment: tuple[str, str]
    mask: Mask
    mask_before: Mask
    gain: float


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """A column's cases in groups that may be joined: places (n,), sets (k, groups) with names."""

    column: int | None
    places: Places
    sets: Floats
    segments: tuple[tuple[str, str], ...]
    penalties: Floats
    """(k,): what a set must win more, as one of many of its kind."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Outcomes of cases since the change, and of those before, with their expected log odds.

    The places of a split are of both, those since the change first.
    """

    offset: Floats
    outcomes: Floats
    old_offset: Floats
    old_outcomes: Floats

    def with_offset(self, offset: Floats) -> "Judged":
        """With other expectations of the cases since the change."""
        return Judged(offset, self.outcomes, self.old_offset, self.old_outcomes)


def best(splits: list[Split], judged: Judged) -> Group | None:
    """The group of which one factor for the odds explains most."""
    edges = np.unique(np.quantile(judged.offset, np.arange(1, _BINS) / _BINS))
    found: tuple[float, Split, int] | None = None
    for split in splits:
        gains = _gains(split, judged, edges)
        if len(gains) and (found is None or gains.max() > found[0]):
            found = float(gains.max()), split, int(np.argmax(gains))
    if found is None or found[0] <= 0:
        return None
    gain, split, at = found
    inside: Mask = split.sets[at][split.places] > 0
    now = len(judged.offset)
    return Group(split.column, split.segments[at], inside[:now], inside[now:], gain)


def _gains(split: Split, judged: Judged, edges: Floats) -> Floats:
    """(sets,): the log likelihood won by one factor for the odds of each set.

    What the odds of a set lacked before the change already, as far as that is no chance, is no part
    of it.
    """
    now = len(judged.offset)
    factor, information, won, proper = _factors(
        split, split.places[:now], judged.offset, judged.outcomes, edges
    )
    if len(judged.old_offset):
        old, known, _, there = _factors(
            split, split.places[now:], judged.old_offset, judged.old_outcomes, edges
        )
        chance = 1 / np.maximum(known * old**2, 1e-9)
        lack = np.where(there, old * np.maximum(1 - chance, 0.0), 0.0)
        won = np.minimum(won, 0.5 * information * (factor - lack) ** 2)
    found: Floats = np.where(proper, won - split.penalties, 0.0)
    return found


def _factors(
    split: Split, places: Places, offset: Floats, outcomes: Floats, edges: Floats
) -> tuple[Floats, Floats, Floats, Mask]:
    """Of each set: the log of its factor, its information, what it wins, whether it is told."""
    groups = split.sets.shape[1]
    flat = places * _BINS + np.searchsorted(edges, offset, side="right")
    counts, sums = (
        np.bincount(flat, w, groups * _BINS).reshape(groups, _BINS)
        for w in (np.ones(len(flat)), offset)
    )
    n, y = split.sets @ counts, split.sets @ np.bincount(places, outcomes, groups)
    middle = np.where(n > 0, (split.sets @ sums) / np.maximum(n, 1), 0.0)
    factor, slope = np.zeros(len(n)), np.ones(len(n))
    for _ in range(_STEPS):
        p = sigmoid(middle + factor[:, None])
        slope = (n * p * (1 - p)).sum(1) + 1e-9
        factor = factor + np.clip((y - (n * p).sum(1)) / slope, -1, 1)
    raised = np.logaddexp(0, middle + factor[:, None]) - np.logaddexp(0, middle)
    won = factor * y - (n * raised).sum(1)
    expected = (n * sigmoid(middle)).sum(1)
    proper = (n.sum(1) < counts.sum()) & (np.maximum(expected, y) >= _FEW_POSITIVES)
    return factor, slope, won, proper


def splits(reference: Reference, rows: Rows, without: frozenset[int]) -> list[Split]:
    """The groups that are looked at; `without` columns at fault."""
    found = [
        split
        for column in range(len(reference.features))
        if column not in without
        for split in _of_column(reference, rows, column)
    ]
    # Rows of callers without a name here are in no group.
    callers = np.where(rows.callers < 0, len(rows.names), rows.callers)
    came = np.bincount(callers, minlength=len(rows.names) + 1)
    if (came[:-1] > 0).sum() > 1:
        named = tuple(("caller", name) for name in rows.names)
        sets = np.eye(len(named), len(named) + 1)
        found.append(Split(None, callers, sets, named, np.zeros(len(named))))
    return found


def _of_column(reference: Reference, rows: Rows, column: int) -> Iterator[Split]:
    profile = reference.profile.columns[column]
    values, name = rows.values[:, column], profile.name
    missing = np.isnan(values)
    if profile.kind in {"category", "boolean"}:
        yield _of_levels(column, name, profile.levels or ("false", "true"), values)
    elif not missing.all():
        yield _of_ranges(column, name, values, _edges(values[~missing]))


def _of_levels(column: int, name: str, levels: tuple[str, ...], values: Floats) -> Split:
    known = 1 + np.nan_to_num(values, posinf=float(len(levels)))
    places = np.where(np.isnan(values), 0, known).astype(np.int64)
    texts = ("= missing", *(f"= {level}" for level in levels), "= another text")
    segments = tuple((name, text) for text in texts)
    return Split(column, places, np.eye(len(texts)), segments, np.zeros(len(texts)))


def _of_ranges(column: int, name: str, values: Floats, edges: Floats) -> Split:
    """Missing, below and from each edge on, and between two that are not neighbours."""
    places = np.where(np.isnan(values), 0, 1 + np.searchsorted(edges, values, side="right"))
    at = np.arange(len(edges) + 2)
    found: list[tuple[Mask, str]] = [(at == 0, "= missing")]
    for place, edge in enumerate(edges.tolist()):
        below = (at >= 1) & (at <= 1 + place)
        found += [(below, f"< {edge:g}"), ((at >= 1) & ~below, f"≥ {edge:g}")]
        for end in range(place + 2, len(edges)):
            within = (at > 1 + place) & (at <= 1 + end)
            found.append((within, f"{edge:g} to < {edges[end]:g}"))
    sets = np.array([mask for mask, _ in found], dtype=np.float64)
    penalties = np.array([_OF_RANGES * (" to < " in text) for _, text in found])
    segments = tuple((name, text) for _, text in found)
    return Split(column, places.astype(np.int64), sets, segments, penalties)


def _edges(present: Floats) -> Floats:
    """Between the values where they are few, else quantiles of them."""
    values = np.unique(present)
    if len(values) <= _MOST_EDGES:
        return np.asarray(values[1:], dtype=np.float64)
    levels = np.concatenate([[0.02], np.arange(1, _MOST_EDGES) / _MOST_EDGES, [0.98]])
    edges = np.unique(np.quantile(present, levels, method="nearest"))
    found: Floats = edges[edges > present.min()]
    return found
