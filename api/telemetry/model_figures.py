"""What the figures say of the model: what they need to know of it, whoever serves it."""

from typing import Protocol


class Version(Protocol):
    """A served version."""

    @property
    def version(self) -> str:
        """Its id."""

    @property
    def is_sample(self) -> bool:
        """Whether it was trained on the built-in sample."""


class Served(Protocol):
    """Which model is served, and what became of those that were to take its place."""

    @property
    def model(self) -> Version:
        """The one that is served now."""

    @property
    def refused(self) -> object | None:
        """What is known of an active version that is not served; None where there is none."""

    @property
    def switches(self) -> int:
        """How often another model took the place of the served one."""

    @property
    def refusals(self) -> int:
        """How often a version was refused."""
