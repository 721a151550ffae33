"""`python -m package` without the second that imports take: forked from a process that has them.

From main() on it is what a fresh process is: its environment, its streams, its exit code are its
own. How the interpreter starts is not tested so; each package has tests that start it plainly.
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from tempfile import TemporaryDirectory

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["db.__main__", "trainer.__main__", "trainer.plots"])


class Started:
    """The command while it runs."""

    def __init__(
        self, package: str, arguments: Sequence[str], environment: Mapping[str, str], directory: str
    ) -> None:
        self.output, self.errors = Path(directory, "output"), Path(directory, "errors")
        self.output.touch()
        given = (package, arguments, dict(environment), self.output, self.errors)
        self.process = _FORKS.Process(target=_main, args=given, daemon=True)
        self.process.start()

    def await_line(self, beginning: str) -> None:
        """Wait until it has written a line that begins so; fails where it ends instead."""
        while f"\n{beginning}" not in f"\n{self.output.read_text()}":
            assert self.process.exitcode is None, self.output.read_text()
            time.sleep(0.002)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.process.kill()
        self.process.join()


@contextmanager
def started(
    package: str, arguments: Sequence[str], environment: Mapping[str, str]
) -> Iterator[Started]:
    """The running command; killed at the end if it still runs."""
    with TemporaryDirectory(prefix="warm-") as directory:
        made = Started(package, arguments, environment, directory)
        try:
            yield made
        finally:
            made.kill()


def run(
    package: str, arguments: Sequence[str], environment: Mapping[str, str], *, timeout: float = 120
) -> "CompletedProcess[str]":
    """Its exit code and what it wrote, as subprocess.run has them; raises TimeoutExpired."""
    command = [package, *arguments]
    with started(package, arguments, environment) as made:
        made.process.join(timeout)
        code = made.process.exitcode
        if code is None:
            raise TimeoutExpired(command, timeout)
        return CompletedProcess(command, code, made.output.read_text(), made.errors.read_text())


def _main(
    package: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    output: Path,
    errors: Path,
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for stream, path in ((1, output), (2, errors)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), stream)
    sys.argv = [f"{package}/__main__.py", *arguments]
    sys.exit(import_module(f"{package}.__main__").main())
