"""Summing trees: a thin call of treelite's General Tree Inference Library, through its C API.

treelite's own Python wrapper makes a dozen calls for each prediction, each of which lets go of
the interpreter's lock: beside other threads that costs a row a quarter of a millisecond. Here it
is one call, which for few rows keeps the lock.
"""

import ctypes

import numpy as np
import treelite
from numpy.typing import NDArray
from treelite.gtil.gtil import GTILConfig
from treelite.libpath import find_lib_path

# Up to here a call is over before another thread would have got the lock (about 8 us a row).
_FEW_ROWS = 32

_PATH = str(find_lib_path()[0])
_KEEPS_LOCK = ctypes.PyDLL(_PATH).TreeliteGTILPredict
_RELEASES_LOCK = ctypes.CDLL(_PATH).TreeliteGTILPredict
_LAST_ERROR = ctypes.PyDLL(_PATH).TreeliteGetLastError
_LAST_ERROR.restype = ctypes.c_char_p
for _function in (_KEEPS_LOCK, _RELEASES_LOCK):
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
    """Trees with one output in double precision, as scikit-learn's gradient boosting has."""

    def __init__(self, model: treelite.Model) -> None:
        if model.input_type != "float64" or model.output_type != "float64":
            raise ValueError(f"trees in {model.input_type}, not in double precision")
        self.inputs = int(model.num_feature)
        self._model = model
        self._handle = model.handle
        self._configurations = {1: GTILConfig(predict_type="default", nthread=1)}
        self._row = ctypes.c_double * self.inputs
        self._one = self._configurations[1].handle

    def predict(self, inputs: NDArray[np.float64], *, threads: int = 1) -> NDArray[np.float64]:
        """The sum over the trees through the model's link, (n,), for inputs (n, k).

        Raises ValueError where the inputs are not those of the model.
        """
        if inputs.ndim != 2 or inputs.shape[1] != self.inputs:
            raise ValueError(f"{inputs.shape} is not (n, {self.inputs})")
        inputs = np.ascontiguousarray(inputs, dtype=np.float64)
        output = np.empty(len(inputs))
        call = _KEEPS_LOCK if len(inputs) <= _FEW_ROWS else _RELEASES_LOCK
        failed = call(
            self._handle,
            inputs.ctypes.data,
            b"float64",
            len(inputs),
            output.ctypes.data,
            self._configuration(threads).handle,
        )
        if failed:
            raise ValueError(_LAST_ERROR().decode())
        return output

    def predict_row(self, inputs: list[float]) -> float:
        """`predict` for one row, without numpy: its arrays would cost more than the trees.

        Raises ValueError where the inputs are not those of the model.
        """
        if len(inputs) != self.inputs:
            raise ValueError(f"{len(inputs)} inputs, not {self.inputs}")
        output = ctypes.c_double()
        failed = _KEEPS_LOCK(
            self._handle, self._row(*inputs), b"float64", 1, ctypes.byref(output), self._one
        )
        if failed:
            raise ValueError(_LAST_ERROR().decode())
        return output.value

    def _configuration(self, threads: int) -> GTILConfig:
        if threads not in self._configurations:
            self._configurations[threads] = GTILConfig(predict_type="default", nthread=threads)
        return self._configurations[threads]
