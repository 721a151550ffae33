"""Indicator streams: the share of the rows in a set of cells, for each set that is watched.

Counts are all that is needed to watch them, whatever the traffic. A column is watched at its atoms
(missing, a code, a frequent value, a level), at some twenty quantiles, and beyond the range of the
held-out part; the score at its quantiles. What is said of a column's values is a share of the rows
that have one, so that it does not move when more of them are missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.cell_layout import Place
from contract.profile import ColumnProfile
from diagnosis.counted import among
from diagnosis.reference import Reference
from diagnosis.segments import ordered_cells
from diagnosis.tolerances import Tolerances

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

_CUTS = np.arange(1, 20) / 20
_MISSING = "= missing"


@dataclass(frozen=True, slots=True)
class Stream:
    """Rows that lie in one of some cells.

    name: `MonthlyIncome = missing`, `age < 32`, `score < 0.08`. cells: places in the array of
    counts. tolerance: by how much the share may move.
    """

    name: str
    column: str | None
    cells: tuple[int, ...]
    tolerance: float


@dataclass(frozen=True, slots=True, eq=False)
class Streams:
    """The K streams of a profile.

    members: (size, K), 1 where a cell belongs to a stream. given: (K,), the place of the stream of
    the rows that lack the column's value: of these no other stream of the column tells anything; -1
    of what all rows have. tolerances, ones, rows: (K,); the last two are of the held-out part.
    """

    each: tuple[Stream, ...]
    members: Floats
    score_start: int
    tolerances: Floats
    given: Counts
    ones: Floats
    rows: Floats

    @classmethod
    def of(cls, reference: Reference) -> "Streams":
        """The streams of the columns, in their order, and then those of the score."""
        layout, profile = reference.layout, reference.profile
        each: list[Stream] = []
        held_out = np.zeros(layout.size)
        for place in layout.places:
            held_out[place.start : place.end] = place.column.counts.both
            each += _of_column(place, reference.tolerances)
        held_out[layout.score_start :] = profile.score.counts.both
        each += [
            Stream(
                f"score < {edge:.6g}",
                None,
                tuple(range(layout.score_start, layout.score_start + 1 + at)),
                reference.tolerances.share,
            )
            for at, edge in enumerate(profile.score.edges)
        ]
        members = np.zeros((layout.size, len(each)))
        for at, stream in enumerate(each):
            members[list(stream.cells), at] = 1.0
        tolerances = np.array([stream.tolerance for stream in each])
        ones = held_out @ members
        given = _given(each)
        rows = among(given, ones, profile.rows)
        return cls(tuple(each), members, layout.score_start, tolerances, given, ones, rows)

    def __len__(self) -> int:
        return len(self.each)

    def counted(self, cells: Counts) -> tuple[Counts, Counts]:
        """Of counts, (..., size), the ones of each stream, (..., K), and the rows, (...)."""
        ones = np.rint(cells.astype(np.float64) @ self.members).astype(np.int64)
        return ones, cells[..., self.score_start :].sum(axis=-1)


def _given(each: list[Stream]) -> Counts:
    missing = {
        stream.column: at for at, stream in enumerate(each) if stream.name.endswith(_MISSING)
    }
    found = [
        -1 if missing.get(s.column, at) == at else missing[s.column] for at, s in enumerate(each)
    ]
    return np.array(found, dtype=np.int64)


def _of_column(place: Place, tolerances: Tolerances) -> Iterator[Stream]:
    column, start = place.column, place.start
    for cell, said in enumerate(_alone(column)):
        if said is not None:
            yield Stream(f"{column.name} {said}", column.name, (start + cell,), tolerances.atom)
    if column.kind in {"integer", "float"}:
        for value, below in _cuts(column):
            cells = tuple(start + cell for cell in below)
            yield Stream(f"{column.name} < {value:.6g}", column.name, cells, tolerances.share)
        for at, (sign, bound) in enumerate((("<", column.minimum), (">", column.maximum))):
            if bound is not None:
                name = f"{column.name} {sign} {bound:.6g}, beyond the reference"
                yield Stream(name, column.name, (place.end + at,), tolerances.atom)


def _alone(column: ColumnProfile) -> Iterator[str | None]:
    """What a row of each cell has, where that is a single value."""
    yield _MISSING
    for atom in column.atoms:
        if column.kind == "boolean":
            yield "= true" if atom else "= false"
        else:
            yield f"= {atom:.6g}"
    for level in column.levels:
        yield f"= {level}"
    if column.kind == "category":
        yield "= a text that no level names"


def _cuts(column: ColumnProfile) -> Iterator[tuple[float, list[int]]]:
    """Values at quantiles of the column, and the cells whose rows lie below.

    A bin counts as its lower edge: rows of a bin in whose midst an atom lies cannot be told apart.
    """
    placed = ordered_cells(column)
    counts = column.counts.both
    below = np.cumsum([0.0] + [counts[cell] for _, cell in placed])
    if not below[-1]:
        return
    cells = [cell for _, cell in placed]
    nearest = {int(np.argmin(np.abs(below - cut * below[-1]))) for cut in _CUTS}
    for at in sorted(nearest):
        if 0 < below[at] < below[-1]:
            yield placed[at][0], cells[:at]
