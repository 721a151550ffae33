"""A process that loads checkpoints and sums their trees, in little memory: what would crash does.

It reads checkpoints from its input, each after its length, and answers each with a line.
"""

import resource
import struct
import subprocess
import sys
from pathlib import Path
from threading import Timer
from typing import Self

ROOT = Path(__file__).parents[2]
_MEBIBYTES = 128  # beyond what the process has when its libraries are loaded
_SECONDS = 30


class Loader:
    """Checkpoints go in; out comes what became of each."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.security.loader"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def load(self, checkpoint: bytes) -> str:
        """What became of it, ok or refused; fails where the process died or did not end."""
        assert self._process.stdin
        assert self._process.stdout
        timer = Timer(_SECONDS, self._process.kill)
        timer.start()
        self._process.stdin.write(struct.pack("<Q", len(checkpoint)) + checkpoint)
        self._process.stdin.flush()
        answer = self._process.stdout.readline().decode()
        timer.cancel()
        assert answer.endswith("\n"), f"the process ended with {self._process.wait()}"
        return answer.strip()


def main() -> None:
    """Answer until the input ends."""
    import numpy as np
    import treelite

    from contract.trees import Trees
    from tests.checkpoints import INPUTS, table

    extremes = np.array([[np.nan], [-1e308], [2.0**32], [0.5]]).repeat(INPUTS, axis=1)
    rows = np.concatenate((extremes, table(60, 1)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = _virtual_bytes() + _MEBIBYTES * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    while head := sys.stdin.buffer.read(8):
        checkpoint = sys.stdin.buffer.read(*struct.unpack("<Q", head))
        try:
            trees = Trees.from_bytes(checkpoint)
        except ValueError as error:
            answer = f"refused: {error}"
        else:
            inputs = np.resize(rows, (len(rows), trees.inputs))
            margins = trees.margins(inputs)
            assert np.isfinite(margins).all()
            assert [trees.margin_row(row.tolist()) for row in inputs] == margins.tolist()
            # As it was read here so it is read there: nothing else than the patch's number differs.
            loaded = treelite.Model.deserialize_bytes(checkpoint).serialize_bytes()
            assert loaded[12:] == checkpoint[12:]
            answer = "ok"
        print(answer.replace("\n", " "), flush=True)  # noqa: T201 -- that is its work


def _virtual_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main()
