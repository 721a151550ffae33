"""Getting the real data from OpenML, and giving it back its original form."""

import hashlib
import http.client
import os
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pandas as pd

from contract.schema import DataSetSchema
from trainer.errors import FetchFailed

# OpenML, data set 46929: the original rows, shuffled, without their index, the target renamed.
OPENML_ID = 46929
_OPENML_TARGET = "FinancialDistressNextTwoYears"
# The file of the Kaggle competition of 2011, 7,564,965 bytes.
ORIGINAL_SHA256 = "1bd46da486a5708c58c7b01a034fae2a13b327f6f7b62ea7ba4fe3b5824b24ac"
NAME = "cs-training.csv"

# A network that swallows what is sent must not hold the command for ever.
_SILENCE_SECONDS = 60

Source = Callable[[], pd.DataFrame]


def from_openml() -> pd.DataFrame:
    """OpenML's copy, without an account; raises FetchFailed."""
    from sklearn.datasets import fetch_openml  # noqa: PLC0415 -- slow, and only for this command

    try:
        # It warns of each retry.
        with warnings.catch_warnings(action="ignore"), _bounded_silence():
            frame: pd.DataFrame = fetch_openml(
                data_id=OPENML_ID, as_frame=True, parser="liac-arff", n_retries=1, cache=False
            ).frame
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FetchFailed(
            f"OpenML's data set {OPENML_ID} cannot be fetched ({error}): connect to the network,"
            f" or put {NAME} into data/ by hand"
        ) from error
    return frame


def fetch(
    schema: DataSetSchema,
    directory: Path,
    source: Source = from_openml,
    sha256: str = ORIGINAL_SHA256,
    *,
    force: bool = False,
) -> Path:
    """Write the data in its original form, byte for byte; raises FetchFailed.

    A file that is there already is left alone: it is either what would be written, or somebody's,
    and then only `force` replaces it, once the new one is there and right.
    """
    if schema.key != "gmsc":
        raise FetchFailed(
            f"{schema.title} cannot be fetched, only Give Me Some Credit (DATASET=gmsc): put its"
            " data into data/ yourself"
        )
    path = directory / NAME
    if path.exists():
        if _digest(path.read_bytes()) == sha256:
            return path
        if not force:
            raise FetchFailed(
                f"{path} is there and is another file: move it away, or replace it with --force"
            )
    staged = directory / f".{NAME}.{os.getpid()}"
    # Before minutes are spent on what cannot be kept.
    _write(staged, path, b"")
    staged.unlink()
    frame = source()
    try:
        content = original_form(schema, frame)
    except (KeyError, TypeError, ValueError) as error:
        raise FetchFailed(
            f"OpenML's data set {OPENML_ID} is not the data it was ({error!r}); nothing was written"
        ) from error
    found = _digest(content)
    if found != sha256:
        raise FetchFailed(
            f"OpenML's data set {OPENML_ID} is not the data it was: SHA-256 {found} instead of"
            f" {sha256}; nothing was written"
        )
    _write(staged, path, content)
    staged.rename(path)
    return path


def _write(staged: Path, path: Path, content: bytes) -> None:
    try:
        staged.write_bytes(content)
    except OSError as error:
        with suppress(OSError):
            staged.unlink(missing_ok=True)
        raise FetchFailed(
            f"cannot write {path}: {error.strerror}; in a container, run it as the owner of"
            ' data/: docker compose run --rm --user "$(id -u)" trainer fetch'
        ) from error


@contextmanager
def _bounded_silence() -> Iterator[None]:
    """Connections made meanwhile give up after a silence; scikit-learn cannot be told to."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SILENCE_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def original_form(schema: DataSetSchema, frame: pd.DataFrame) -> bytes:
    """The competition's file from OpenML's rows."""
    # OpenML's copy was made by DataFrame.sample(frac=1, random_state=42): row i of it is row
    # order[i] of the original.
    order = np.random.RandomState(42).permutation(len(frame))
    original = frame.iloc[np.argsort(order)]
    target = original[_OPENML_TARGET].map({"No": "0", "Yes": "1"}).tolist()
    columns = [list(map(_text, original[name].tolist())) for name in schema.names]
    index = map(str, range(1, len(frame) + 1))
    header = ",".join(["", schema.target.name, *schema.names])
    lines = [header, *map(",".join, zip(index, target, *columns, strict=True))]
    return ("\r\n".join(lines) + "\r\n").encode()


def _text(value: float) -> str:
    """A number as the competition's file writes it, a spreadsheet's way."""
    if np.isnan(value):
        return "NA"
    if float(value).is_integer():
        return str(int(value))
    return f"{value:.2E}" if abs(value) < 1e-4 else np.format_float_positional(value, trim="-")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
