"""What later rows of a version are compared with."""

from dataclasses import dataclass, field

from contract.cell_layout import Layout
from contract.feature import Feature
from contract.profile import Profile
from diagnosis.rows import Rows
from diagnosis.tolerances import Tolerances


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The held-out part of a version's data: its profile, and a sample of its rows.

    features: as declared, in the order of the profile's columns. sample: rows with their labels,
    which the model has not seen; None of a bundle that has none. costs: of a false positive and of
    a false negative, as declared.
    """

    version: str
    features: tuple[Feature, ...]
    profile: Profile
    threshold: float
    tolerances: Tolerances = field(default_factory=Tolerances)
    sample: Rows | None = None
    costs: tuple[float, float] | None = None

    @property
    def layout(self) -> Layout:
        """Where the cells of its columns stand in an array of counts."""
        return Layout.of(self.profile)
