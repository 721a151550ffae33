"""What lines, figures and spans say of a request where HTTP has no word for it."""

from typing import NamedTuple

NO_ROUTE = "(none)"
"""In place of the route's template, where none matched."""
CLIENT_GONE = 499
"""The status, for the operator only, of a request whose client went away before the answer."""


class Timing(NamedTuple):
    """When the model scored a request; times of `time.perf_counter`."""

    began: float
    ended: float
    instances: int
