"""The watched shares of a version out of its counts: of any days, and by day."""

from dataclasses import dataclass

import numpy as np

from contract.cell_layout import Layout
from diagnosis.reference import Reference
from diagnosis.streams import Stream, Streams
from diagnosis.tolerances import Tolerances
from monitor.page.counts import Floats
from monitor.page.records import Version
from monitor.page.window import Ints


@dataclass(frozen=True, slots=True, eq=False)
class Indicators:
    """The streams of counts that a version's profile has; K of them."""

    streams: Streams
    tolerances: Tolerances

    @classmethod
    def of(cls, version: Version) -> "Indicators":
        """Those of a version that has a profile and a declaration."""
        assert version.profile is not None
        assert version.declaration is not None
        # Only the cells and the tolerances matter to streams.
        reference = Reference(
            version.name, version.declaration.features, version.profile, 0.5, Tolerances()
        )
        return cls(Streams.of(reference), reference.tolerances)

    def place(self, name: str) -> int | None:
        """The number of a stream by its name; None where there is none of it."""
        names = [stream.name for stream in self.streams.each]
        return names.index(name) if name in names else None

    def shares(self, cells: Ints) -> Floats:
        """(..., size) -> (..., K); NaN of no rows."""
        ones, rows = self.streams.counted(cells)
        whole = np.asarray(rows, dtype=np.float64)[..., None]
        found: Floats = np.divide(
            ones, whole, where=whole > 0, out=np.full(ones.shape, np.nan, dtype=np.float64)
        )
        return found

    def of_column(self, column: str) -> list[tuple[int, Stream]]:
        """The streams that look at a column."""
        return [(at, each) for at, each in enumerate(self.streams.each) if each.column == column]


def layout_of(version: Version) -> Layout:
    """Where the cells of a version with a profile stand."""
    assert version.profile is not None
    return Layout.of(version.profile)
