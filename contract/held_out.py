"""A sample of the rows that a model has not seen, for whoever compares later rows with rows.

`held_out.npz` in a bundle: arrays that numpy reads without unpickling, and the format's number.
"""

import io
import math
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from contract.beside import Beside
from contract.bundle_directory import MAX_FILE, MEND, read_all
from contract.bundle_errors import BundleDamaged
from contract.bundle_files import read_metadata
from contract.metadata import SCHEMA
from contract.schema import DataSetSchema, SchemaError
from contract.signature import SigningKeys

HELD_OUT = "held_out.npz"
BESIDE = Beside("sample of rows", ".held_out", HELD_OUT, "held_out_sha256", MAX_FILE)

# Raise it whenever a reader of the old form would misread the new one.
_FORMAT: Literal[1] = 1
MAX_ROWS = 20_000
MAX_UNPACKED = 2**25
"""Bytes of all arrays; packed they are one file of a bundle, of at most MAX_FILE."""

# The number of dimensions of each array, and what it holds.
_ARRAYS = {"format": (0, "<i8"), "values": (2, "<f8"), "labels": (1, "|i1"), "scores": (1, "<f8")}
_UNREADABLE = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError)


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutRows:
    """n held-out rows, in the order of their file.

    values: (n, f), in the order of the declaration's features, NaN where missing; a boolean is 1
    or 0, a category the place of its level. labels: (n,), 1 where the event happened, else 0.
    scores: (n,), what the model gives them.
    """

    values: NDArray[np.float64]
    labels: NDArray[np.int8]
    scores: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.scores)

    def to_npz(self) -> bytes:
        """`held_out.npz`, the same bytes for the same rows."""
        content = io.BytesIO()
        np.savez_compressed(
            content,
            allow_pickle=False,
            format=np.array(_FORMAT, dtype="<i8"),
            # By columns: what is alike stands together, and packs to less.
            values=np.asfortranarray(self.values, dtype="<f8"),
            labels=self.labels.astype("|i1"),
            scores=self.scores.astype("<f8"),
        )
        return content.getvalue()

    @classmethod
    def from_npz(cls, content: bytes, features: int) -> Self:
        """Read what `to_npz` wrote of so many features; raises ValueError where it is not that."""
        found = _unpacked(content)
        if found["format"] != _FORMAT:
            raise ValueError(f"has format {int(found['format'])}, and {_FORMAT} is read here")
        rows = cls(found["values"], found["labels"], found["scores"])
        if rows.values.shape[1] != features:
            raise ValueError(f"holds rows of {rows.values.shape[1]} features")
        if not len(rows.values) == len(rows.labels) == len(rows.scores) <= MAX_ROWS:
            raise ValueError("holds arrays of other rows than one another's, or too many")
        if np.isinf(rows.values).any() or not np.isin(rows.labels, (0, 1)).all():
            raise ValueError("holds values or labels that no row has")
        if not ((rows.scores >= 0) & (rows.scores <= 1)).all():
            raise ValueError("holds scores that are no probabilities")
        return rows


def read(directory: Path, keys: SigningKeys) -> HeldOutRows | None:
    """The sample of the bundle in `directory`, its own or made later; None where there is none.

    Raises BundleError.
    """
    files = read_metadata(directory, keys)["files"]
    wanted = {name: files[name] for name in (SCHEMA, HELD_OUT) if name in files}
    found = read_all(directory, wanted, frozenset())
    own = found.get(HELD_OUT)
    content = BESIDE.read(directory, keys) if own is None else own
    if content is None:
        return None
    try:
        features = len(DataSetSchema.from_json(found[SCHEMA]).features)
        return HeldOutRows.from_npz(content, features)
    except SchemaError as error:
        raise BundleDamaged(f"{directory.name}/{SCHEMA}: {error}; {MEND}") from error
    except ValueError as error:
        if own is None:
            raise BESIDE.damaged(directory, error) from error
        raise BundleDamaged(f"{directory.name}/{HELD_OUT} {error}: {MEND}") from error


def _unpacked(content: bytes) -> dict[str, NDArray[Any]]:
    """The arrays, of bounded size whatever the archive says of itself."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sizes = {member.filename: member.file_size for member in archive.infolist()}
            if set(sizes) != {f"{name}.npy" for name in _ARRAYS}:
                raise ValueError("holds other arrays than it should")
            if sum(sizes.values()) > MAX_UNPACKED:
                raise ValueError(f"unpacks to more than {MAX_UNPACKED:,} bytes")
            return {name: _array(name, archive.read(f"{name}.npy")) for name in _ARRAYS}
    except _UNREADABLE as error:
        raise ValueError(f"is no archive that can be read: {error}") from error


def _array(name: str, content: bytes) -> NDArray[Any]:
    """What is in one file of the archive: of the form that is written, and not as it says."""
    dimensions, kind = _ARRAYS[name]
    stream = io.BytesIO(content)
    if npy.read_magic(stream) != (1, 0):
        raise ValueError(f"holds {name} in another form")
    shape, by_columns, dtype = npy.read_array_header_1_0(stream)
    values = content[stream.tell() :]
    if dtype != np.dtype(kind) or len(shape) != dimensions:
        raise ValueError(f"holds {name} of another kind")
    if math.prod(shape) * dtype.itemsize != len(values):
        raise ValueError(f"holds {name} of another length than it says")
    return np.frombuffer(values, dtype).reshape(shape, order="F" if by_columns else "C")
