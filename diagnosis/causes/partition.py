"""Cells that are fine enough to fit causes to, and the streams that are made of their shares."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import ndtri

from contract.cells import place
from contract.profile import ColumnProfile
from diagnosis.reference import Reference
from diagnosis.rows import Floats, Mask, Places

# A value that so many rows have, on either side of the change, is a cell of its own.
_ATOM = 0.004
_MOST_ATOMS = 40
# A difference counts from so many standard errors on; some 400 streams are looked at.
SURE = 4.5
_SURE_WATCHED = 3.0
# Of either side, so that values of another order of size are told apart as well.
_QUANTILES = np.concatenate([np.arange(1, 18) / 18, [0.98, 0.993]])


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """The cells of all columns, in one row of numbers.

    starts: (f + 1,), the first cell of each column. streams: (s, cells), 1 where a stream counts a
    cell; they are the share of each value that is a cell, and of the rows from an edge on. columns:
    (s,), the column of a stream; tolerances: (s,). labels: what each stream counts.
    """

    profiles: tuple[ColumnProfile, ...]
    starts: Places
    streams: Floats
    columns: Places
    tolerances: Floats
    labels: tuple[str, ...]
    sure: Floats

    @property
    def size(self) -> int:
        """How many cells there are."""
        return int(self.starts[-1])

    def places(self, values: Floats) -> Places:
        """The cells of rows, (n, f) -> (n, f), numbered through all columns."""
        found = [
            place(profile, column) for profile, column in zip(self.profiles, values.T, strict=True)
        ]
        cells: Places = np.column_stack(found).astype(np.int64) + self.starts[:-1]
        return cells

    def column_places(self, column: int, values: Floats) -> Places:
        """The cells of one column's values, (n,) -> (n,)."""
        cells: Places = place(self.profiles[column], values) + self.starts[column]
        return cells

    def cells_of(self, column: int) -> slice:
        """The cells of a column."""
        return slice(int(self.starts[column]), int(self.starts[column + 1]))


def partition(
    reference: Reference, before: Floats, after: Floats, watched: frozenset[str] = frozenset()
) -> Partition:
    """The cells for rows of both sides, (n, f) and (m, f); `watched` columns are known to move."""
    profiles = tuple(
        _finer(profile, before[:, at], after[:, at])
        for at, profile in enumerate(reference.profile.columns)
    )
    starts = np.concatenate([[0], np.cumsum([profile.cells for profile in profiles])])
    streams, columns, tolerances, labels = [], [], [], []
    for at, profile in enumerate(profiles):
        for label, counted, is_value in _streams(profile):
            row = np.zeros(starts[-1])
            row[starts[at] : starts[at + 1]] = counted
            streams.append(row)
            columns.append(at)
            tolerances.append(reference.tolerances.atom if is_value else reference.tolerances.share)
            labels.append(label)
    known = np.array([profiles[at].name in watched for at in columns], dtype=np.bool_)
    return Partition(
        *(profiles, starts.astype(np.int64), np.array(streams).reshape(-1, int(starts[-1]))),
        *(np.array(columns, dtype=np.int64), np.array(tolerances), tuple(labels)),
        np.where(known, _SURE_WATCHED, SURE),
    )


def normal_scores(shares: Floats, starts: Places, order: Places) -> Floats:
    """(cells,): the normal score of each cell's middle rank in its column; 0 where missing."""
    scores = np.zeros(len(shares))
    for start, end in pairwise(starts.tolist()):
        cells = order[start + 1 : end]
        held = shares[cells]
        total = held.sum()
        if total > 0:
            middle = (np.cumsum(held) - held / 2) / total
            scores[cells] = ndtri(np.clip(middle, 1e-3, 1 - 1e-3))
    return scores


def value_order(cells: Partition) -> Places:
    """(cells,): the cells of each column by their values, the missing one first."""
    order = []
    for start, profile in zip(cells.starts[:-1], cells.profiles, strict=True):
        order.append(start + np.argsort(_positions(profile), kind="stable"))
    found: Places = np.concatenate(order).astype(np.int64)
    return found


def _positions(profile: ColumnProfile) -> Floats:
    """Where each cell stands among the values of its column; the missing one first."""
    if profile.kind == "category":
        return np.arange(profile.cells, dtype=np.float64)
    bins = np.concatenate([[-np.inf], profile.edges]) + 0.0
    places: Floats = np.concatenate([[-np.inf], np.asarray(profile.atoms), bins])
    # An atom at an edge lies before the bin that begins there.
    return places


def _streams(profile: ColumnProfile) -> list[tuple[str, Mask, bool]]:
    found = [(f"{profile.name} = missing", _one(profile, 0), True)]
    found += [
        (f"{profile.name} = {value}", _one(profile, 1 + at), True)
        for at, value in enumerate((*(f"{atom:g}" for atom in profile.atoms), *profile.levels))
    ]
    if profile.kind == "category":
        return [*found, (f"{profile.name} = another text", _one(profile, profile.cells - 1), True)]
    atoms, edges = np.asarray(profile.atoms), np.asarray(profile.edges)
    for at, edge in enumerate(edges):
        above = np.arange(len(edges) + 1) > at
        counted = np.concatenate([[False], atoms >= edge, above])
        found.append((f"{profile.name} ≥ {edge:g}", counted, False))
    return found


def _one(profile: ColumnProfile, cell: int) -> Mask:
    counted: Mask = np.arange(profile.cells) == cell
    return counted


def _finer(profile: ColumnProfile, before: Floats, after: Floats) -> ColumnProfile:
    if profile.kind in {"category", "boolean"}:
        return profile
    often = [_often(side) for side in (before, after)]
    atoms = sorted({*profile.atoms, *often[0], *often[1]})[:100]
    edges = sorted({edge for side in (before, after) for edge in _edges(side, atoms)})
    return profile.model_copy(
        update={"atoms": tuple(map(float, atoms)), "edges": tuple(map(float, edges))}
    )


def _edges(values: Floats, atoms: list[float]) -> list[float]:
    present = values[np.isfinite(values)]
    rest = present[~np.isin(present, atoms)]
    if not len(rest):
        return []
    found: list[float] = (np.unique(np.quantile(rest, _QUANTILES, method="nearest")) + 0.0).tolist()
    return found


def _often(values: Floats) -> list[float]:
    there, counts = np.unique(values[np.isfinite(values)] + 0.0, return_counts=True)
    enough = counts >= max(_ATOM * len(values), 5)
    chosen = np.argsort(-counts[enough], kind="stable")[:_MOST_ATOMS]
    found: list[float] = there[enough][chosen].tolist()
    return found
