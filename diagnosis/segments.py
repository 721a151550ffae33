"""Cases whose outcomes are watched apart: bands of the score, groups of a column's cells."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from contract.cells import place
from contract.profile import ColumnProfile, ScoreProfile
from diagnosis.reference import Reference
from diagnosis.rows import Rows

Mask = NDArray[np.bool_]

_BANDS = 5
_GROUPS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Rows of one group; `at` is the place of its column, None of a band of the score.

    cells: (cells of the column,), which of them belong to it.
    """

    name: str
    column: str | None
    at: int | None
    cells: Mask


def segments(reference: Reference) -> tuple[Segment, ...]:
    """Of the score and of every column, each with groups of about as many held-out positives."""
    found = list(_bands(reference.profile.score))
    for at, column in enumerate(reference.profile.columns):
        found += _groups(at, column)
    return tuple(found)


def members(found: tuple[Segment, ...], reference: Reference, rows: Rows) -> Mask:
    """(n, segments): which rows are of which."""
    profile = reference.profile
    columns = [place(c, v) for c, v in zip(profile.columns, rows.values.T, strict=True)]
    scores = np.searchsorted(profile.score.edges, rows.scores, side="right")
    inside = np.zeros((len(rows), len(found)), dtype=bool)
    for number, segment in enumerate(found):
        inside[:, number] = segment.cells[scores if segment.at is None else columns[segment.at]]
    return inside


def _bands(score: ScoreProfile) -> Iterator[Segment]:
    positives = np.array(score.counts.positives, dtype=np.float64)
    bounds = _even(positives, _BANDS)
    for low, high in pairwise(bounds):
        cells = np.zeros(len(positives), dtype=bool)
        cells[low:high] = True
        name = _between("score", score.edges, low, high, len(positives))
        yield Segment(name, None, None, cells)


def _groups(at: int, column: ColumnProfile) -> Iterator[Segment]:
    counts = np.array(column.counts.positives, dtype=np.float64)
    if column.counts.both[0] >= 0.01 * column.counts.rows > 0:
        yield _of(at, column, "= missing", [0])
    if column.kind in {"boolean", "category"}:
        names = (
            ["= false", "= true"] if column.kind == "boolean" else [f"= {x}" for x in column.levels]
        )
        often = [1 + int(each) for each in np.argsort(-counts[1 : 1 + len(names)], kind="stable")]
        for cell in often[:_GROUPS]:
            yield _of(at, column, names[cell - 1], [cell])
        return
    order = ordered_cells(column)
    bounds = _even(counts[[cell for _, cell in order]], _GROUPS)
    values = [value for value, _ in order]
    for low, high in pairwise(bounds):
        cells = [cell for _, cell in order[low:high]]
        if low == 0 and high == len(order):
            continue
        if low == 0:
            yield _of(at, column, f"< {values[high]:.6g}", cells)
        elif high == len(order):
            yield _of(at, column, f">= {values[low]:.6g}", cells)
        else:
            yield _of(at, column, f"from {values[low]:.6g} to {values[high]:.6g}", cells)


def ordered_cells(column: ColumnProfile) -> list[tuple[float, int]]:
    """The cells of a numeric column but `missing`, by the value that each begins at."""
    atoms = len(column.atoms)
    placed = [(value, 1 + at) for at, value in enumerate(column.atoms)]
    placed += [(-np.inf, 1 + atoms)]
    placed += [(value, 2 + atoms + at) for at, value in enumerate(column.edges)]
    return sorted(placed)


def _of(at: int, column: ColumnProfile, said: str, cells: list[int]) -> Segment:
    inside = np.zeros(column.cells, dtype=bool)
    inside[cells] = True
    return Segment(f"{column.name} {said}", column.name, at, inside)


def _even(counts: NDArray[np.float64], groups: int) -> list[int]:
    """Places that cut the counts into groups of about the same sum: 0, ..., their number."""
    below = np.concatenate([[0.0], np.cumsum(counts)])
    aims = below[-1] * np.arange(1, groups) / groups
    inner = {int(np.argmin(np.abs(below - aim))) for aim in aims} if below[-1] > 0 else set()
    return [0, *sorted(inner - {0, len(counts)}), len(counts)]


def _between(name: str, edges: tuple[float, ...], low: int, high: int, size: int) -> str:
    if low == 0:
        return f"{name} < {edges[high - 1]:.3g}" if high < size else name
    if high == size:
        return f"{name} >= {edges[low - 1]:.3g}"
    return f"{name} from {edges[low - 1]:.3g} to {edges[high - 1]:.3g}"
