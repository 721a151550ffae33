"""What a bundle of format 1 is served from: its model as data, converted once by the trainer.

A bundle of that format holds its model as pickles, which nothing that serves opens. The converted
files lie beside the bundles, in `.converted/<version>/`: the bundle itself stays as it was
published and signed, and a release before this one can still serve it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from contract import stored_json
from contract.bundle_directory import check_signature, read_all
from contract.bundle_directory import read as read_file
from contract.bundle_errors import BundleDamaged, BundleError, BundleIncompatible, BundleMissing
from contract.digest import Sha256, canonical_json, sha256
from contract.metadata import GOLDEN, PREPROCESSING, TREES
from contract.signature import SigningKeys
from contract.text import Name

DIRECTORY = ".converted"
RECORD = "conversion.json"
_FORMAT: Literal[1] = 1
FILES = frozenset({PREPROCESSING, TREES, GOLDEN})
"""What is converted; everything else is the bundle's own."""

_CONVERT = "convert it: `docker compose run --rm trainer convert`, or `make trainer ARGS=convert`"


class ScoreChange(BaseModel):
    """How the golden scores of a conversion differ from those of the bundle."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    rows: Annotated[int, Field(ge=1)]
    differing: Annotated[int, Field(ge=0)]
    largest: Annotated[float, Field(ge=0, le=1)]


class _Record(BaseModel):
    """conversion.json; `metadata_sha256` binds it to the very bundle that was converted."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    format: Literal[1]
    version: Name
    metadata_sha256: Sha256
    scores: ScoreChange
    files: dict[Name, Sha256]


def encode(
    version: str, metadata: bytes, files: Mapping[str, bytes], scores: ScoreChange
) -> dict[str, bytes]:
    """The files of a conversion, its record among them; `metadata`: those of the bundle."""
    record = {
        "format": _FORMAT,
        "version": version,
        "metadata_sha256": sha256(metadata),
        "scores": scores.model_dump(),
        "files": {name: sha256(content) for name, content in files.items()},
    }
    return {**files, RECORD: canonical_json(record)}


def read(directory: Path, metadata: bytes, keys: SigningKeys) -> dict[str, bytes]:
    """The converted files of the bundle in `directory`, whose metadata document is given.

    Raises BundleIncompatible where it was not converted, or BundleError.
    """
    converted = path_of(directory)
    try:
        document = read_file(converted, RECORD)
    except BundleMissing as error:
        raise BundleIncompatible(
            f"{directory.name} has bundle format 1, whose model is pickled, and pickles are not"
            f" opened here: {_CONVERT}"
        ) from error
    try:
        if keys:
            check_signature(converted, document, keys)
        record = _parsed(document)
        if set(record.files) != FILES:
            raise BundleDamaged(f"{RECORD} lists other files than {', '.join(sorted(FILES))}")
        if record.metadata_sha256 != sha256(metadata):
            raise BundleDamaged(f"{converted} was not made of this bundle")
        return read_all(converted, record.files, frozenset(record.files))
    except BundleError as error:
        raise type(error)(
            f"the conversion of {directory.name} cannot be used: {error}; or {_CONVERT}"
        ) from error


def path_of(directory: Path) -> Path:
    """Where the conversion of the bundle in `directory` is, there or not."""
    return directory.parent / DIRECTORY / directory.name


def _parsed(document: bytes) -> _Record:
    try:
        return stored_json.parsed(_Record, document)
    except ValueError as error:
        raise BundleDamaged(f"{RECORD} {error}") from error
