"""A process that is kept running beside another one, which does without it."""

import subprocess
import threading
from collections.abc import Callable
from types import TracebackType

_PAUSE_SECONDS = 5.0
_STOP_SECONDS = 10.0


class Companion:
    """Started at once, and again after a pause whenever it ends; stopped at the end.

    `start` is called in a thread that lives as long as this does: what is started there may be
    tied to it. `say` tells of an end that was not asked for, with its exit code.
    """

    def __init__(
        self,
        start: Callable[[], subprocess.Popen[bytes]],
        say: Callable[[int], None],
        pause: float = _PAUSE_SECONDS,
        patience: float = _STOP_SECONDS,
    ) -> None:
        self._start = start
        self._say = say
        self._pause = pause
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self._changing = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="companion", daemon=True)

    def __enter__(self) -> "Companion":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._changing:
            self._stop.set()
            process = self._process
        if process is not None:
            process.terminate()
            self._thread.join(self._patience)
            process.kill()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changing:
                if self._stop.is_set():
                    return
                self._process = self._start()
            code = self._process.wait()
            if self._stop.is_set():
                return
            self._say(code)
            self._stop.wait(self._pause)
