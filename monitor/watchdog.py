"""An end to whatever takes too long in this thread, from another one."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def ended_after(seconds: float, interrupt: Callable[[], None]) -> Iterator[None]:
    """Call `interrupt` once, after so long in here; what it ends is to fail by itself."""
    watchdog = threading.Timer(seconds, interrupt)
    watchdog.daemon = True
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()
