"""Waiting for a service that cannot be reached now."""

import time
from collections.abc import Callable

from replay.errors import NotNow, ReplayError

SECONDS = 300.0
"""How long it is waited for."""
# A shorter wait is nothing that anybody needs to be told of.
_UNSAID_SECONDS = 0.2


class Patience:
    """Waits for a service that does not answer, and not for ever."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._end = time.monotonic() + SECONDS
        self._say = say
        self._said = False

    def wait(self, error: NotNow) -> None:
        """Wait a moment; raises ReplayError where it has taken too long."""
        if time.monotonic() > self._end:
            raise ReplayError(f"{error}; given up after {SECONDS:,.0f} s") from error
        if not self._said and error.seconds > _UNSAID_SECONDS:
            self._said = True
            self._say(f"{error}; it is waited for")
        time.sleep(error.seconds)
