"""The content of a bundle of format 1: its arrays and numbers, with no class of the pickles' made.

An unpickler calls what a pickle names. This one calls only what makes numpy's arrays; whatever
else is named, a class of scikit-learn's or a function of the system's, becomes an inert `Remains`.
So nothing in a pickle acts, and the libraries that a model was trained with need not be here.
"""

import io
from dataclasses import dataclass
from pickle import UnpicklingError
from typing import Any

import numpy as np
from joblib.numpy_pickle import NumpyUnpickler
from numpy.typing import NDArray

from contract.preprocessing import Preprocessing
from trainer.errors import TrainerError

_ARRAYS = {
    ("joblib.numpy_pickle", "NumpyArrayWrapper"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy.core.multiarray", "_reconstruct"),
}


class PicklesRefused(TrainerError):
    """The pickles are not those of a bundle of format 1."""


class Remains:
    """What is left of an object: its state, under no class."""

    def __init__(self, *_: object) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


@dataclass(frozen=True, slots=True, eq=False)
class PickledTrees:
    """The trees of a HistGradientBoostingClassifier of two classes.

    nodes: of each tree a structured array with scikit-learn's own fields. base: the margin before
    the first tree.
    """

    inputs: int
    base: float
    nodes: list[NDArray[np.void]]


class _Unpickler(NumpyUnpickler):  # type: ignore[misc]  # joblib ships no types
    def find_class(self, module: str, name: str) -> Any:
        """What a pickle gets for a name."""
        return super().find_class(module, name) if (module, name) in _ARRAYS else Remains


def read_trees(content: bytes) -> PickledTrees:
    """The trees in `model.joblib`; raises PicklesRefused."""
    try:
        state = _read(content).state
        base = np.asarray(state["_baseline_prediction"], dtype=np.float64)
        if len(state["classes_"]) != 2 or base.size != 1:
            raise PicklesRefused("a model of other than two classes")
        return PickledTrees(
            inputs=int(state["n_features_in_"]),
            base=float(base.item()),
            nodes=[tree.state["nodes"] for (tree,) in state["_predictors"]],
        )
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise PicklesRefused(f"not the model of a bundle of format 1: {error!r}") from error


def read_preprocessing(content: bytes) -> Preprocessing:
    """The preprocessing in `preprocessing.joblib`; raises PicklesRefused.

    Its fields were pickled in the order of their declaration.
    """
    try:
        codes, ratios, lower, upper, names = _read(content).state
        plain = tuple(
            (int(ratio), int(base), float(above), int(amount))
            for ratio, base, above, amount in ratios
        )
        levels = ((),) * codes.shape[1]
        return Preprocessing(levels, codes, (), plain, lower, upper, tuple(names))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise PicklesRefused(f"not the preprocessing of a bundle of format 1: {error!r}") from error


def _read(content: bytes) -> Any:
    try:
        return _Unpickler("", io.BytesIO(content), ensure_native_byte_order=False).load()
    except (UnpicklingError, EOFError, ImportError, MemoryError) as error:
        raise PicklesRefused(f"a damaged pickle: {error!r}") from error
