"""Reading the fields of a treelite checkpoint, one after the other."""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Cursor:
    """Where in the checkpoint one is; everything is little-endian and nothing is padded.

    A kind of value is a code of `struct`, which numpy knows, too.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def array(self, kind: str, count: int | None = None) -> NDArray[Any]:
        """The next `count` values, without copying them; None: as many as their prefix says."""
        if count is None:
            count = self.scalar("<Q")
        start = self._pass(count * struct.calcsize(kind))
        return np.frombuffer(self._data, kind, count, start)

    def scalar(self, kind: str) -> Any:
        """The next value, as Python's own."""
        return struct.unpack_from(kind, self._data, self._pass(struct.calcsize(kind)))[0]

    def _pass(self, size: int) -> int:
        """Go on by so many bytes, and say where they start."""
        start, end = self._at, self._at + size
        if end > len(self._data):
            raise ValueError(
                f"the checkpoint is cut off, or a length in it is damaged: it has"
                f" {len(self._data)} bytes, and the field at byte {start} ends at {end}"
            )
        self._at = end
        return start

    def require_end(self) -> None:
        """Raises ValueError where bytes are left."""
        require(self._at == len(self._data), f"it goes on after its last tree, at {self._at}")


def require(condition: bool, problem: str) -> None:
    """Raises ValueError, about `problem`, unless the condition holds."""
    if not condition:
        raise ValueError(f"the checkpoint cannot be used: {problem}")
