"""Children that end with us, however we end: Ctrl-C, a closed terminal, a kill."""

import ctypes
import os
import select
import signal
import sys
import threading
from collections.abc import Callable

_SET_PARENT_DEATH_SIGNAL = 1
# Elsewhere there is no such call; the next start ends a server that was left behind.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent(number: signal.Signals) -> None:
    """Get this signal when the process that started this one ends."""
    if _LIBC is not None:
        _LIBC.prctl(_SET_PARENT_DEATH_SIGNAL, int(number), 0, 0, 0)


def mind_terminal() -> None:
    """Where make leads the session, a closed terminal is told to make alone, which waits for us."""
    if os.getsid(0) == os.getppid() and os.isatty(0):
        threading.Thread(target=_await_hangup, daemon=True).start()


def _await_hangup() -> None:
    poll = select.poll()
    # Nothing is asked for: an end is always told.
    poll.register(0, 0)
    poll.poll()
    os.kill(os.getpid(), signal.SIGHUP)


def ends_with_us(number: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: the child gets this signal when the thread that starts it ends."""
    parent = os.getpid()

    def tie() -> None:
        end_with_parent(number)
        if os.getppid() != parent:
            os.kill(os.getpid(), number)

    return tie
