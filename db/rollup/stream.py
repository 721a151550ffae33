"""Rows of a query as a matrix: many times faster than one object for each value."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg2 import sql

Rows = NDArray[np.float64]

# COPY's binary format: signature, flags, length of an extension that nobody uses.
_HEADER = 19
_TRAILER = b"\xff\xff"
_BLOCK_ROWS = 65_536


def stream(cursor: Any, query: sql.Composable, columns: int, take: Callable[[Rows], None]) -> None:
    """Hand the rows of a query over in blocks, (n, columns).

    Every column is double precision and never null: so each row takes as many bytes as any other.
    """
    blocks = _Blocks(columns, take)
    cursor.copy_expert(
        sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(query).as_string(cursor), blocks
    )
    blocks.close()


class _Blocks:
    """A file to write to that parses what it gets."""

    def __init__(self, columns: int, take: Callable[[Rows], None]) -> None:
        self._form = np.dtype(
            [("fields", ">i2"), ("each", [("bytes", ">i4"), ("value", ">f8")], (columns,))]
        )
        self._columns = columns
        self._take = take
        self._bytes = bytearray()
        self._skip = _HEADER

    def write(self, data: bytes) -> int:
        """Called by the driver, with a row or several."""
        self._bytes += data
        if len(self._bytes) >= self._skip + _BLOCK_ROWS * self._form.itemsize:
            self._parse()
        return len(data)

    def close(self) -> None:
        """Parse what is left; raises ValueError where the end is missing."""
        if self._bytes[-2:] != _TRAILER:
            raise ValueError("the rows of a COPY end in the middle")
        del self._bytes[-2:]
        self._parse()
        if self._bytes:
            raise ValueError("a row of a COPY has another length than the first")

    def _parse(self) -> None:
        del self._bytes[: self._skip]
        self._skip = 0
        rows = len(self._bytes) // self._form.itemsize
        found = np.frombuffer(self._bytes, dtype=self._form, count=rows)
        if (found["fields"] != self._columns).any() or (found["each"]["bytes"] != 8).any():
            raise ValueError("a column of a COPY is null, or not double precision")
        values = found["each"]["value"].astype(np.float64)
        # A view of the bytes would forbid to change them.
        del found
        del self._bytes[: rows * self._form.itemsize]
        if rows:
            self._take(values)
