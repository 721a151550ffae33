"""Summing trees: a thin call of treelite's General Tree Inference Library, through its C API.

The library is loaded without treelite's Python package, which imports scipy for a form of input
that is not used here, and makes a dozen calls for each prediction, each of which lets go of the
interpreter's lock: beside other threads that costs a row a quarter of a millisecond. Here it is
one call, which for few rows keeps the lock.
"""

import ctypes
import importlib.util
import json
import weakref
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from contract.checkpoint import check

# Up to here a call is over before another thread would have got the lock (about 8 us a row).
_FEW_ROWS = 32


def _library() -> str:
    """Path of treelite's shared library; raises ImportError where it is not installed."""
    package = importlib.util.find_spec("treelite")  # finds the package, and does not run it
    for folder in (package and package.submodule_search_locations) or ():
        for path in Path(folder, "lib").glob("*treelite.*"):
            return str(path)
    raise ImportError("treelite's library is not installed; install what requirements/ lists")


_PATH = _library()
_KEEPS_LOCK = ctypes.PyDLL(_PATH)
_RELEASES_LOCK = ctypes.CDLL(_PATH)

_LAST_ERROR = _KEEPS_LOCK.TreeliteGetLastError
_LAST_ERROR.argtypes = ()
_LAST_ERROR.restype = ctypes.c_char_p

_DESERIALIZE = _RELEASES_LOCK.TreeliteDeserializeModelFromBytes
_DESERIALIZE.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(ctypes.c_void_p))
_DESERIALIZE.restype = ctypes.c_int

_FREE = _KEEPS_LOCK.TreeliteFreeModel
_FREE.argtypes = (ctypes.c_void_p,)
_FREE.restype = ctypes.c_int

_PARSE_CONFIGURATION = _KEEPS_LOCK.TreeliteGTILParseConfig
_PARSE_CONFIGURATION.argtypes = (ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p))
_PARSE_CONFIGURATION.restype = ctypes.c_int

_SUM_KEEPING_LOCK = _KEEPS_LOCK.TreeliteGTILPredict
_SUM_RELEASING_LOCK = _RELEASES_LOCK.TreeliteGTILPredict
for _function in (_SUM_KEEPING_LOCK, _SUM_RELEASING_LOCK):
    _function.argtypes = (
        ctypes.c_void_p,  # model
        ctypes.c_void_p,  # inputs, (n, k)
        ctypes.c_char_p,  # their type
        ctypes.c_uint64,  # n
        ctypes.c_void_p,  # output, (n,)
        ctypes.c_void_p,  # configuration
    )
    _function.restype = ctypes.c_int


class Trees:
    """The trees of a binary classifier, in double precision.

    A row's margin is the sum that begins with 0.0, adds the leaf of each tree in the order of the
    checkpoint, and the base score last: plain additions, so the same double on every processor.
    Threads share the rows, never a row's trees, so their number changes nothing.
    """

    def __init__(self, handle: ctypes.c_void_p, inputs: int) -> None:
        """`handle` is a model of the library that nobody else frees; see `from_bytes`."""
        self.inputs = inputs
        self._handle = handle
        # At the end of the process another thread may still be summing; its memory goes anyway.
        weakref.finalize(self, _FREE, handle).atexit = False
        self._row = ctypes.c_double * inputs
        self._one = _configuration(1)

    @classmethod
    def from_bytes(cls, checkpoint: bytes) -> Self:
        """The trees of a treelite checkpoint; raises ValueError where it is not one of such trees.

        The bytes may be anybody's: they are checked before the library sees them.
        """
        inputs = check(checkpoint)
        handle = ctypes.c_void_p()
        _succeed(_DESERIALIZE(checkpoint, len(checkpoint), ctypes.byref(handle)))
        return cls(handle, inputs)

    def margins(self, inputs: NDArray[np.float64], *, threads: int = 1) -> NDArray[np.float64]:
        """Sum over the trees, without the link, (n,), for inputs (n, k), NaN where missing.

        threads: how many share the rows; 0: one for each core. Raises ValueError where the inputs
        are not those of the trees, or where there are fewer cores than threads.
        """
        if inputs.ndim != 2 or inputs.shape[1] != self.inputs:
            raise ValueError(f"{inputs.shape} is not (n, {self.inputs})")
        inputs = np.ascontiguousarray(inputs, dtype=np.float64)
        output = np.empty(len(inputs))
        call = _SUM_KEEPING_LOCK if len(inputs) <= _FEW_ROWS else _SUM_RELEASING_LOCK
        _succeed(
            call(
                self._handle,
                inputs.ctypes.data,
                b"float64",
                len(inputs),
                output.ctypes.data,
                _configuration(threads),
            )
        )
        return output

    def margin_row(self, inputs: list[float]) -> float:
        """`margins` for one row, without numpy: its arrays would cost more than the trees.

        Raises ValueError where the inputs are not those of the trees.
        """
        if len(inputs) != self.inputs:
            raise ValueError(f"{len(inputs)} inputs, not {self.inputs}")
        output = ctypes.c_double()
        _succeed(
            _SUM_KEEPING_LOCK(
                self._handle, self._row(*inputs), b"float64", 1, ctypes.byref(output), self._one
            )
        )
        return output.value


@cache
def _configuration(threads: int) -> ctypes.c_void_p:
    """How the library sums; kept for the life of the process, one for each number of threads."""
    handle = ctypes.c_void_p()
    document = json.dumps({"predict_type": "raw", "nthread": threads}).encode()
    _succeed(_PARSE_CONFIGURATION(document, ctypes.byref(handle)))
    return handle


def _succeed(status: int) -> None:
    if status:
        raise ValueError((_LAST_ERROR() or b"").decode(errors="replace"))
