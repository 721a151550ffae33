"""How much may be under way at once: requests, and the bytes of their bodies."""

from api.http.problem_types import OVERLOADED
from api.http.problems import Problem


class Gate:
    """Counts what prediction requests hold; beyond a limit they get 503 at once.

    Used by the event loop's thread only.
    """

    def __init__(self, *, max_requests: int, max_bytes: int) -> None:
        self._max_requests = max_requests
        self._max_bytes = max_bytes
        self.requests = 0
        self.bytes = 0

    def enter(self) -> None:
        """One request more; every `enter` wants a `leave`. Raises Problem."""
        if self.requests >= self._max_requests:
            raise _overloaded("as many requests as it may are under way")
        self.requests += 1

    def leave(self, held: int) -> None:
        """The request is over, with all the bytes that it held."""
        self.requests -= 1
        self.bytes -= held

    def hold(self, size: int) -> None:
        """Count `size` bytes more of bodies in memory; raises Problem, and then counts nothing."""
        if self.bytes + size > self._max_bytes:
            raise _overloaded("large bodies of other requests fill its memory")
        self.bytes += size


def _overloaded(reason: str) -> Problem:
    return Problem(
        OVERLOADED, f"the service is busy: {reason}; ask again", headers={"Retry-After": "1"}
    )
