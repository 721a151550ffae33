"""Cells of a column in the order of their values, joined where they hold few rows."""

from dataclasses import dataclass
from math import inf

import numpy as np

from contract.feature import Feature
from contract.profile import ColumnProfile
from diagnosis.segments import ordered_cells
from monitor.page.counts import Floats
from monitor.page.words import number

MOST = 22
"""Bars that have room beside one another."""
_LEAST = 0.03


@dataclass(frozen=True, slots=True)
class Group:
    """Some cells that lie side by side, by their places in the column; what the axis says."""

    cells: tuple[int, ...]
    name: str


def groups(declared: Feature, column: ColumnProfile, shares: Floats) -> tuple[Group, ...]:
    """Missing, codes and levels alone; values from the least on.

    `shares`, (m, cells), are of what is to be compared: a value that any of them has often stays
    alone.
    """
    if column.kind in {"boolean", "category"}:
        return _levels(column, shares)
    codes = {float(code) for code in declared.missing_codes}
    alone = [(0, "missing")]
    alone += [
        (1 + at, f"code {number(atom, 6)}") for at, atom in enumerate(column.atoms) if atom in codes
    ]
    apart = {cell for cell, _ in alone}
    placed = [(value, cell) for value, cell in ordered_cells(column) if cell not in apart]
    seen = [(cell, name) for cell, name in alone if shares[:, cell].max() > 0]
    return (*(Group((cell,), name) for cell, name in seen), *_joined(placed, shares))


def _joined(placed: list[tuple[float, int]], shares: Floats) -> list[Group]:
    """Neighbours together, until there are few enough."""
    least = _LEAST
    while True:
        found: list[tuple[float, list[int]]] = []
        for value, cell in placed:
            full = not found or shares[:, found[-1][1]].sum(axis=1).max() >= least
            if full:
                found.append((value, [cell]))
            else:
                found[-1][1].append(cell)
        if len(found) <= MOST:
            break
        least *= 1.5
    return [
        Group(tuple(cells), "least" if value == -inf else number(value, 4))
        for value, cells in found
    ]


def _levels(column: ColumnProfile, shares: Floats) -> tuple[Group, ...]:
    names = ["missing", *(["false", "true"] if column.kind == "boolean" else column.levels)]
    if column.kind == "category":
        names.append("no level")
    often = sorted(range(len(names)), key=lambda at: -float(shares[:, at].max()))[:MOST]
    return tuple(Group((at,), names[at]) for at in sorted(often) if np.any(shares[:, at] > 0))
