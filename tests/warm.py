"""`python -m package` without the second that imports take: forked from a process that has them.

From main() on it is what a fresh process is: its environment, its streams, its exit code are its
own. How the interpreter starts is not tested so; each package has tests that start it plainly.
"""

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from tempfile import TemporaryDirectory

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["db.__main__", "trainer.__main__"])


def run(
    package: str, arguments: Sequence[str], environment: Mapping[str, str], *, timeout: float = 120
) -> "CompletedProcess[str]":
    """Its exit code and what it wrote, as subprocess.run has them; raises TimeoutExpired."""
    with TemporaryDirectory(prefix="warm-") as directory:
        output, errors = Path(directory, "output"), Path(directory, "errors")
        process = _FORKS.Process(
            target=_main, args=(package, arguments, dict(environment), output, errors), daemon=True
        )
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            raise TimeoutExpired([package, *arguments], timeout)
        return CompletedProcess(
            [package, *arguments], process.exitcode, output.read_text(), errors.read_text()
        )


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
