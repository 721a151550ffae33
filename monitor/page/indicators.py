"""The watched shares of a version out of its counts: of any days, and by day."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from contract.cell_layout import Layout
from diagnosis.counted import among
from diagnosis.reference import Reference
from diagnosis.streams import Streams
from diagnosis.tolerances import Tolerances
from monitor.incidents.versions import tolerances
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
            version.name,
            version.declaration.features,
            version.profile,
            0.5,
            tolerances_of(version),
        )
        return cls(Streams.of(reference), reference.tolerances)

    def place(self, name: str) -> int | None:
        """The number of a stream by its name; None where there is none of it."""
        names = [stream.name for stream in self.streams.each]
        return names.index(name) if name in names else None

    def shares(self, cells: Ints) -> Floats:
        """(..., size) -> (..., K); NaN of no rows."""
        ones, rows = self.counted(cells)
        found: Floats = np.divide(
            ones, rows, where=rows > 0, out=np.full(ones.shape, np.nan, dtype=np.float64)
        )
        return found

    def counted(self, cells: Ints) -> tuple[Floats, Floats]:
        """(..., size) -> the ones and the rows that each stream is a share of, (..., K) both."""
        ones, rows = self.streams.counted(cells)
        return ones.astype(np.float64), among(self.streams.given, ones, rows)


def layout_of(version: Version) -> Layout:
    """Where the cells of a version with a profile stand."""
    assert version.profile is not None
    return Layout.of(version.profile)


def tolerances_of(version: Version | None) -> Tolerances:
    """Those that were declared with a version, and the defaults."""
    declared = version.metadata.get("declaration") if version else None
    return tolerances(declared if isinstance(declared, Mapping) else {})
