"""Rounds of the monitor, each a process of its own as of a time of the stream.

The monitor's clock is held there: one that serves the page must not look at hours of the stream
that are not over, for what was looked at once is not looked at again.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from replay.errors import ReplayError
from replay.moments import text_of

_ATTEMPTS = 5
_PAUSE_SECONDS = 2.0
_STOP_SECONDS = 10.0
_WRONG_USAGE = 2

COMMAND = (sys.executable, "-m", "monitor", "once", "--hold")


class Rounds:
    """Does rounds, with the environment of this process."""

    def __init__(
        self,
        say: Callable[[str], None],
        command: Sequence[str] = COMMAND,
        pause: float = _PAUSE_SECONDS,
    ) -> None:
        """`pause`: seconds after which one that failed is tried again."""
        self._say = say
        self._command = tuple(command)
        self._pause = pause
        self.count = 0
        self.seconds = 0.0

    @property
    def summary(self) -> str:
        """All of them, as the end of a line; empty where there were none."""
        if not self.count:
            return ""
        return f"; {self.count:,} rounds of {self.seconds / self.count:.2f} s"

    def do(self, as_of: int) -> None:
        """One round as of a time in microseconds since 1970; raises ReplayError.

        Another monitor may be counting at the moment: then it is tried again.
        """
        began = time.monotonic()
        moment = text_of(as_of)
        for attempt in range(_ATTEMPTS):
            code, said = self._run(moment)
            if code == 0:
                self.count += 1
                self.seconds += time.monotonic() - began
                return
            if code == _WRONG_USAGE:
                break
            if attempt + 1 < _ATTEMPTS:
                self._say(f"the round as of {moment} failed, and is tried again: {said}")
                time.sleep(self._pause)
        raise ReplayError(
            f"the monitor's round as of {moment} ended with exit code {code}: {said}; --round none"
            " replays without the monitor"
        )

    def _run(self, moment: str) -> tuple[int, str]:
        """Exit code, and the last that it said of an error."""
        process = subprocess.Popen(  # noqa: S603 -- our own program
            [*self._command, "--as-of", moment],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            _, said = process.communicate()
        except BaseException:
            process.terminate()
            process.wait(_STOP_SECONDS)
            raise
        return process.returncode, (said.strip().splitlines() or ["it said nothing"])[-1]
