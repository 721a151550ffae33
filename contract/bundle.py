"""The model bundle: its files, its version id, and the checks before anything is unpickled.

Raise FORMAT whenever a reader of the old form would misread the new one, or the pickled classes
of contract.preprocessing change; an api then refuses the other form by its number.
"""

import io
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import joblib
from pydantic import ValidationError

from contract import golden, plain_file, stored_json
from contract import metadata as description
from contract.digest import canonical_json, sha256
from contract.plain_file import NotPlain
from contract.preprocessing import Matrix, Preprocessing
from contract.schema import DataSetSchema, SchemaError
from contract.scoring import Estimator, Scorer
from contract.signature import SIGNATURE, SigningKeys
from contract.text import shown

FORMAT = 1

# What decides the bits of a score; another version of one of them is another model.
LIBRARIES = ("joblib", "numpy", "scikit-learn", "scipy", "treelite")

METADATA = description.METADATA
_SCHEMA = "schema.json"
_PREPROCESSING = "preprocessing.joblib"
_MODEL = "model.joblib"
_GOLDEN = "golden.json"
_REQUIRED = (_SCHEMA, _PREPROCESSING, _MODEL, _GOLDEN)

# No bundle comes near these; without them a file that was swapped could fill the memory.
_MAX_DOCUMENT = 2**20
_MAX_FILE = 2**22
_MAX_BYTES = 2**28
_LARGE = (_PREPROCESSING, _MODEL)

# Training again makes the same version, and what stands there is never overwritten.
_MEND = "restore it, or remove the directory and train again"

Files = Mapping[str, bytes]

NO_KEYS = SigningKeys()
"""Integrity is checked, origin is not."""


class BundleError(Exception):
    """A bundle cannot be served."""


class BundleMissing(BundleError):
    """There is no such bundle."""


class BundleDamaged(BundleError):
    """A file of the bundle is missing, cut, edited or swapped."""


class BundleIncompatible(BundleError):
    """The bundle was made by other library versions or in another format."""


class BundleUnsigned(BundleError):
    """The bundle bears no signature of an accepted key."""


class GoldenMismatch(BundleError):
    """The bundle scores its golden rows otherwise than its trainer did."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What makes a version the version that it is.

    `settings` hold whatever steers the training: the model's parameters, the seed, the split rule.
    """

    schema: DataSetSchema
    data_sha256: str
    is_sample: bool
    settings: Mapping[str, Any]

    @property
    def version(self) -> str:
        """The id: never from the clock, so that the same ingredients give the same id."""
        return _version(
            self.schema.key,
            data_sha256=self.data_sha256,
            is_sample=self.is_sample,
            settings=self.settings,
            libraries=installed_libraries(),
            schema_sha256=sha256(self.schema.to_json()),
            bundle_format=FORMAT,
        )


@dataclass(frozen=True, slots=True)
class Bundle:
    """A checked bundle, ready to score."""

    version: str
    schema: DataSetSchema
    scorer: Scorer
    threshold: float
    metadata: Mapping[str, Any]
    golden: bytes
    extras: Files
    """The files for people, as the model card; checked like all others."""

    @property
    def is_sample(self) -> bool:
        """Whether the model was trained on the built-in sample instead of real data."""
        return bool(self.metadata["data"]["is_sample"])


@cache
def installed_libraries() -> dict[str, str]:
    """Versions of LIBRARIES in this process."""
    return {name: installed_version(name) for name in LIBRARIES}


def encode(
    provenance: Provenance,
    *,
    preprocessing: Preprocessing,
    model: Estimator,
    golden_rows: Matrix,
    report: Mapping[str, Any],
    extras: Files,
) -> dict[str, bytes]:
    """The files of a bundle, by name.

    `report` holds `data` (source, rows, split), `metrics` and `threshold` (value and reason);
    `extras` are files for people, as the model card. Raises ValueError where a reader would refuse
    what comes out.
    """
    scorer = Scorer(preprocessing, model)
    files = {
        _SCHEMA: provenance.schema.to_json(),
        _PREPROCESSING: _pickled(preprocessing),
        _MODEL: _pickled(model),
        _GOLDEN: golden.encode(provenance.schema, scorer, golden_rows),
        **extras,
    }
    metadata = {
        "format": FORMAT,
        "version": provenance.version,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "dataset": provenance.schema.key,
        "schema_version": provenance.schema.id,
        "data": {
            **report["data"],
            "sha256": provenance.data_sha256,
            "is_sample": provenance.is_sample,
        },
        "settings": dict(provenance.settings),
        "threshold": report["threshold"],
        "metrics": report["metrics"],
        "libraries": installed_libraries(),
        "python": platform.python_version(),
        "preprocessing": preprocessing.describe(),
        "files": {name: sha256(content) for name, content in sorted(files.items())},
    }
    _check_members(metadata)
    metadata["checksum"] = sha256(canonical_json(metadata))
    document = json.dumps(metadata, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    return {**files, METADATA: document.encode()}


def read_metadata(directory: Path, keys: SigningKeys = NO_KEYS) -> dict[str, Any]:
    """The checked metadata of the bundle in `directory`, whose name is the version.

    Raises BundleMissing, BundleDamaged, BundleIncompatible, or BundleUnsigned where there are
    keys and none of them signed it.
    """
    document = _read(directory, METADATA, _MAX_DOCUMENT)
    if keys:
        _check_signature(directory, document, keys)
    return _parsed(directory, document)


def _parsed(directory: Path, document: bytes) -> dict[str, Any]:
    name = directory.name
    try:
        metadata = _object(document)
        checksum, found_format = metadata.pop("checksum", None), metadata["format"]
        if found_format != FORMAT:
            raise BundleIncompatible(
                f"{name} has bundle format {shown(str(found_format))}, this service reads"
                f" {FORMAT}: train again, or run the release that made it"
            )
        if checksum != sha256(canonical_json(metadata)):
            raise BundleDamaged(f"{name}/{METADATA} was edited or cut: {_MEND}")
        _check_members(metadata)
    except ValueError as error:
        raise BundleDamaged(
            f"{name}/{METADATA} is not a bundle's metadata: {error}; {_MEND}"
        ) from error
    version = metadata["version"]
    if version != name or version != _version_of(metadata):
        raise BundleDamaged(f"{name} holds what belongs to version {version}: {_MEND}")
    return metadata


def _object(document: bytes) -> dict[str, Any]:
    metadata = stored_json.read(document)
    if not isinstance(metadata, dict):
        raise ValueError("is not a JSON object")  # noqa: TRY004 -- of the document, not of a type
    if "format" not in metadata:
        raise ValueError("names no format")
    return metadata


def _check_members(metadata: Mapping[str, Any]) -> None:
    """Raise ValueError where the metadata are not those of a bundle."""
    try:
        description.Metadata.model_validate(metadata)
    except ValidationError as error:
        raise ValueError(stored_json.complaint(error)) from error
    if lacking := {_SCHEMA} - set(metadata["files"]):
        raise ValueError(f"lists no {', '.join(lacking)}")


def named(directory: Path) -> str | None:
    """The version that the metadata in a directory speak of, of whichever release."""
    try:
        return str(stored_json.read(_read(directory, METADATA, _MAX_DOCUMENT))["version"])
    except (BundleError, LookupError, TypeError, ValueError):
        return None


def born(directory: Path) -> str | None:
    """When a bundle was made, of whichever release; None for what is none, or not only ours.

    It asks for less than `read_metadata`, for also what this release cannot read is a bundle: that
    the metadata bear the directory's name, and that nothing lies beside the files they list.
    """
    try:
        metadata = stored_json.read(_read(directory, METADATA, _MAX_DOCUMENT))
        known = {*metadata["files"], METADATA, SIGNATURE, f".{SIGNATURE}"}
        with os.scandir(directory) as entries:
            is_ours = metadata["version"] == directory.name and all(
                entry.name in known and entry.is_file(follow_symlinks=False) for entry in entries
            )
        return str(metadata["created_at"]) if is_ours else None
    except (BundleError, OSError, LookupError, TypeError, ValueError):
        return None


def read_files(directory: Path, metadata: Mapping[str, Any]) -> dict[str, bytes]:
    """The bundle's files by name, each with the SHA-256 that the metadata gives.

    Raises BundleDamaged.
    """
    expected: Mapping[str, str] = metadata["files"]
    if lacking := set(_REQUIRED) - set(expected):
        raise BundleDamaged(f"{directory.name} lists no {', '.join(sorted(lacking))}")
    files: dict[str, bytes] = {}
    left = _MAX_BYTES
    for name in expected:
        limit = left if name in _LARGE else min(left, _MAX_FILE)
        content = files[name] = _read(directory, name, limit)
        left -= len(content)
        if sha256(content) != expected[name]:
            raise BundleDamaged(
                f"{directory.name}/{name} is not the file that was published (its SHA-256"
                f" differs): {_MEND}"
            )
    return files


def check(directory: Path, keys: SigningKeys = NO_KEYS) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The metadata and the files of the bundle in `directory`, with nothing unpickled.

    Raises BundleError where this process must not load it.
    """
    metadata = read_metadata(directory, keys)
    _check_libraries(directory.name, metadata["libraries"])
    return metadata, read_files(directory, metadata)


def signature_for(directory: Path, keys: SigningKeys) -> bytes:
    """The content of signature.json for the bundle in `directory`, whoever signed it before.

    The bytes that were checked are the bytes that are signed, whatever happens to the files
    meanwhile. Raises BundleError where the bundle is not whole or cannot be loaded here.
    """
    document = _read(directory, METADATA, _MAX_DOCUMENT)
    metadata = _parsed(directory, document)
    _check_libraries(directory.name, metadata["libraries"])
    read_files(directory, metadata)
    return keys.sign(document)


def load(directory: Path, keys: SigningKeys = NO_KEYS) -> Bundle:
    """Read, check and unpickle the bundle in `directory`, in that order.

    The bytes that were checked are the bytes that are unpickled, whatever happens to the files
    meanwhile. Raises BundleError; nothing was unpickled where the bytes or versions differ.
    """
    metadata, files = check(directory, keys)
    schema = _schema(directory, metadata, files[_SCHEMA])
    scorer = _scorer(directory, files)
    _check_scores(directory, schema, scorer, files[_GOLDEN])
    return Bundle(
        version=metadata["version"],
        schema=schema,
        scorer=scorer,
        threshold=metadata["threshold"]["value"],
        metadata=metadata,
        golden=files[_GOLDEN],
        extras={name: content for name, content in files.items() if name not in _REQUIRED},
    )


def _schema(directory: Path, metadata: Mapping[str, Any], content: bytes) -> DataSetSchema:
    try:
        schema = DataSetSchema.from_json(content)
    except SchemaError as error:
        raise BundleDamaged(f"{directory.name}/{_SCHEMA}: {error}; {_MEND}") from error
    if (schema.key, schema.id) != (metadata["dataset"], metadata["schema_version"]):
        raise BundleDamaged(f"{directory.name}/{_SCHEMA} declares {schema.id}: {_MEND}")
    return schema


def _scorer(directory: Path, files: Files) -> Scorer:
    try:
        return Scorer(_unpickled(files[_PREPROCESSING]), _unpickled(files[_MODEL]))
    except Exception as error:  # whatever a pickle's classes raise
        raise BundleDamaged(
            f"{directory.name} holds no model that can be loaded ({type(error).__name__}): {_MEND}"
        ) from error


def _check_scores(directory: Path, schema: DataSetSchema, scorer: Scorer, document: bytes) -> None:
    try:
        difference = golden.first_difference(schema, scorer, document)
    except Exception as error:  # also what a model raises that takes other inputs
        raise BundleDamaged(
            f"{directory.name}/{_GOLDEN} cannot be scored: {shown(str(error))}; {_MEND}"
        ) from error
    if difference:
        raise GoldenMismatch(f"{directory.name}: {difference}: this machine scores otherwise")


def _read(directory: Path, name: str, limit: int) -> bytes:
    if directory.is_symlink():
        raise BundleDamaged(f"{directory.name} is a symbolic link, which is not followed: {_MEND}")
    try:
        return plain_file.read(directory / name, limit)
    except FileNotFoundError as error:
        if not directory.is_dir():
            raise BundleMissing(f"there is no bundle {directory.name}") from error
        raise BundleDamaged(f"{directory.name} lacks {name}: {_MEND}") from error
    except NotPlain as error:
        raise BundleDamaged(f"{directory.name}/{name} {error.strerror}: {_MEND}") from error
    except OSError as error:
        raise BundleError(f"cannot read {directory / name}: {error.strerror}") from error


def _check_signature(directory: Path, document: bytes, keys: SigningKeys) -> None:
    if not os.path.lexists(directory / SIGNATURE):
        raise BundleUnsigned(
            f"{directory.name} is not signed: train it again with BUNDLE_SIGNING_KEY set (remove"
            " its directory first), or `sign` it if you know where it comes from"
        )
    if not keys.accept(document, _read(directory, SIGNATURE, _MAX_DOCUMENT)):
        raise BundleUnsigned(
            f"{directory.name} is signed by none of the keys in BUNDLE_SIGNING_KEY, or was changed"
            " since: add its key, or remove its directory and train again"
        )


def _check_libraries(version: str, trained_with: Mapping[str, str]) -> None:
    differing = [
        f"{name} {trained_with.get(name)} (here {here})"
        for name, here in installed_libraries().items()
        if trained_with.get(name) != here
    ]
    if differing:
        raise BundleIncompatible(
            f"{version} was trained with {', '.join(differing)}: train again with this release"
        )


def _version_of(metadata: Mapping[str, Any]) -> str:
    return _version(
        metadata["dataset"],
        data_sha256=metadata["data"]["sha256"],
        is_sample=metadata["data"]["is_sample"],
        settings=metadata["settings"],
        libraries=metadata["libraries"],
        schema_sha256=metadata["files"][_SCHEMA],
        bundle_format=metadata["format"],
    )


def _version(key: str, *, is_sample: bool, **ingredients: object) -> str:
    digest = sha256(canonical_json({"is_sample": is_sample, **ingredients}))
    return f"{key}-sample-{digest[:12]}" if is_sample else f"{key}-{digest[:12]}"


def _pickled(value: object) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(value, buffer)
    return buffer.getvalue()


def _unpickled(content: bytes) -> Any:
    return joblib.load(io.BytesIO(content))
