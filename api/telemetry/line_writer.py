"""Lines on standard output, written by a thread of their own."""

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable

# POSIX keeps writes to a pipe whole up to this size, so that lines of several processes that
# share one pipe never mix.
_PIPE_BUF = 4096
_GATHER_SECONDS = 0.02


class LineWriter:
    """Takes lines without ever waiting for whoever reads them.

    A full pipe stops the thread, not the caller: beyond `max_lines` lines are dropped, and
    `notice(number)` is written as soon as there is room again.
    """

    def __init__(
        self, descriptor: int, notice: Callable[[int], bytes], *, max_lines: int = 10_000
    ) -> None:
        self._descriptor = descriptor
        self._notice = notice
        self._max_lines = max_lines
        self._lines: deque[bytes] = deque()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self.dropped = 0
        """Lines that were not written, ever."""
        self._told = 0
        self._thread = threading.Thread(target=self._run, name="log-lines", daemon=True)
        self._thread.start()

    def put(self, line: bytes) -> None:
        """Write a line that ends in a line feed, soon."""
        if len(self._lines) >= self._max_lines:
            self.dropped += 1
            return
        self._lines.append(line)
        # Waking a thread costs more than the line does, so it is woken once and gathers.
        if not self._wake.is_set():
            self._wake.set()

    def close(self, timeout: float = 1.0) -> None:
        """Write what is left, for at most `timeout` seconds; a reader that hangs is left."""
        self._closing.set()
        self._wake.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.wait()
            self._closing.wait(_GATHER_SECONDS)
            self._wake.clear()
            self._write_all()
        self._write_all()

    def _write_all(self) -> None:
        while self._lines:
            chunk = self._lines.popleft()
            with contextlib.suppress(IndexError):
                while len(chunk) + len(self._lines[0]) <= _PIPE_BUF:
                    chunk += self._lines.popleft()
            self._write(chunk)
        if self.dropped > self._told:
            count, self._told = self.dropped - self._told, self.dropped
            self._write(self._notice(count))

    def _write(self, chunk: bytes) -> None:
        try:
            while chunk:
                chunk = chunk[os.write(self._descriptor, chunk) :]
        except OSError:
            # Nobody reads: there is nowhere left to say so, and the service goes on.
            self.dropped += chunk.count(b"\n")
            self._told = self.dropped
