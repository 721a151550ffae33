"""Who signed in with a key, for as long as a working day, in the memory of this process."""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable

SECONDS = 12 * 3600
"""How long a session lasts."""
_MOST = 1000


class Sessions:
    """Sessions by the hash of their token; the oldest gives way to one too many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = _MOST) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._found: dict[bytes, tuple[str, float]] = {}

    def open(self, name: str) -> str:
        """Begin a session of the key with this name; its token."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            now = self._clock()
            for old in [key for key, (_, end) in self._found.items() if end <= now]:
                del self._found[old]
            while len(self._found) >= self._most:
                del self._found[next(iter(self._found))]
            self._found[_digest(token)] = (name, now + SECONDS)
        return token

    def name_of(self, token: str) -> str | None:
        """Name of the key that a session was opened with; None where there is no session."""
        # Looked up by its hash: how long that takes tells nothing of a token.
        name, end = self._found.get(_digest(token), ("", 0.0))
        return name if end > self._clock() else None

    def close(self, token: str) -> None:
        """End a session, if there is one."""
        with self._lock:
            self._found.pop(_digest(token), None)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
