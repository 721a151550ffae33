"""Which model is served now."""

from dataclasses import dataclass
from typing import NamedTuple

from api.model.served import ServedModel


class Refusal(NamedTuple):
    """A version that was made active while serving, and that cannot be served."""

    version: str
    reason: str
    since: str
    """RFC 3339, UTC."""


@dataclass(slots=True)
class Serving:
    """Read once by each request, at its beginning: it sees one model from then to its end."""

    model: ServedModel
    refused: Refusal | None = None
    switches: int = 0
    """How often another model took the place of the served one."""
    refusals: int = 0
    """How often a version was refused."""

    def switch(self, model: ServedModel) -> None:
        """Let every request that begins from now on see another model."""
        # A request that began with the other one has all of it in memory.
        self.model.lease.release()
        self.model = model
        self.refused = None
        self.switches += 1

    def refuse(self, refusal: Refusal) -> None:
        """Note a version that is active but not served; the served one stays."""
        self.refused = refusal
        self.refusals += 1
