"""The reference profile: what the held-out rows looked like, for whoever compares later rows.

`profile.json` in a bundle. Every column is cut into cells, and each row lies in just one of them:
missing, an atom (a single value that many rows have, or that the declaration calls a code), or a
bin of what is left. A bin is found alike by PostgreSQL, `width_bucket(x, edges)`, and by numpy,
`searchsorted(edges, x, side="right")` (contract/cells.py).
"""

from collections.abc import Iterator
from itertools import pairwise
from operator import add
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from contract import stored_json
from contract.digest import canonical_json
from contract.feature import Kind, Level
from contract.metadata import Count, Share
from contract.text import Line

PROFILE = "profile.json"

# Raise it whenever a reader of the old form would misread the new one.
_FORMAT: Literal[1] = 1
MAX_ATOMS = 100
MAX_EDGES = 100


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class CellCounts(_Part):
    """Rows of each cell, by their label."""

    negatives: tuple[Count, ...]
    positives: tuple[Count, ...]

    @property
    def both(self) -> tuple[int, ...]:
        """Rows of each cell, of either label."""
        return tuple(map(add, self.negatives, self.positives))

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.negatives) + sum(self.positives)


class ColumnProfile(_Part):
    """A feature's cells: missing, then the atoms, then the bins between the edges.

    A category has its levels in place of atoms, and one bin, of texts that no level names; the
    atoms of a boolean are 0 and 1. `minimum` and `maximum` are of the values that are there.
    """

    name: Line
    kind: Kind
    atoms: Annotated[tuple[float, ...], Field(max_length=MAX_ATOMS)] = ()
    levels: tuple[Level, ...] = ()
    edges: Annotated[tuple[float, ...], Field(max_length=MAX_EDGES)] = ()
    minimum: float | None = None
    maximum: float | None = None
    counts: CellCounts

    @property
    def cells(self) -> int:
        """How many there are."""
        return 1 + len(self.atoms) + len(self.levels) + len(self.edges) + 1

    def problems(self, rows: int) -> Iterator[str]:
        """Where its members contradict each other."""
        for name, values in (("edges", self.edges), ("atoms", self.atoms)):
            if any(low >= high for low, high in pairwise(values)):
                yield f"the {name} of {self.name} do not rise"
        if self.levels and self.kind != "category":
            yield f"{self.name} is no category, and has levels"
        if {len(self.counts.negatives), len(self.counts.positives)} != {self.cells}:
            yield f"{self.name} has counts of other cells than its own"
        if self.counts.rows != rows:
            yield f"the counts of {self.name} are not of {rows:,} rows"


class ScoreProfile(_Part):
    """The scores: bins between edges, and the recalibration that fits them to the labels.

    `calibrated` is non-decreasing, one probability for each of `scores`; between two of these it
    is interpolated, beyond them constant.
    """

    edges: Annotated[tuple[Share, ...], Field(max_length=MAX_EDGES)]
    counts: CellCounts
    scores: tuple[Share, ...]
    calibrated: tuple[Share, ...]

    def problems(self, rows: int) -> Iterator[str]:
        """Where its members contradict each other."""
        if any(low >= high for low, high in pairwise(self.edges)):
            yield "the edges of the scores do not rise"
        if any(low >= high for low, high in pairwise(self.scores)):
            yield "the calibration's scores do not rise"
        if any(low > high for low, high in pairwise(self.calibrated)):
            yield "the calibration falls"
        if len(self.scores) != len(self.calibrated) or not self.scores:
            yield "the calibration has not one probability for each score"
        if {len(self.counts.negatives), len(self.counts.positives)} != {len(self.edges) + 1}:
            yield "the scores have counts of other bins than their own"
        if self.counts.rows != rows:
            yield f"the counts of the scores are not of {rows:,} rows"


class Profile(_Part):
    """What the held-out rows looked like; none of them is in it."""

    format: Literal[1] = _FORMAT
    rows: Count
    positives: Count
    columns: tuple[ColumnProfile, ...]
    score: ScoreProfile

    def to_json(self) -> bytes:
        """`profile.json`."""
        return canonical_json(self.model_dump())

    @classmethod
    def from_json(cls, document: bytes) -> Self:
        """Read what `to_json` wrote; raises ValueError where the document is something else."""
        found = stored_json.parsed(cls, document)
        for problem in found.problems():
            raise ValueError(problem)
        return found

    def problems(self) -> Iterator[str]:
        """Where its members contradict each other."""
        for column in self.columns:
            yield from column.problems(self.rows)
        yield from self.score.problems(self.rows)
