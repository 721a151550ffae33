"""Where the cells of each feature stand in an array of counts, as `rollup_hour.cells`."""

from dataclasses import dataclass

from contract.profile import ColumnProfile, Profile

BEYOND = 2
"""After a feature's cells: rows below the least value of the training part, and above the greatest.

They are counted in a cell as well. Of a feature without such values both are 0.
"""


@dataclass(frozen=True, slots=True)
class Place:
    """The cells of a feature: `start` to `end`, then the two counts beyond."""

    column: ColumnProfile
    start: int

    @property
    def end(self) -> int:
        """Behind the last cell."""
        return self.start + self.column.cells


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of all features, and that of the score, which comes last."""

    places: tuple[Place, ...]
    score_start: int
    size: int

    @classmethod
    def of(cls, profile: Profile) -> "Layout":
        """The layout of the cells of whatever the version with this profile scored."""
        places, start = [], 0
        for column in profile.columns:
            places.append(Place(column, start))
            start = places[-1].end + BEYOND
        return cls(tuple(places), start, start + len(profile.score.edges) + 1)
