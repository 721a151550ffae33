"""The files of a bundle as they were published: checked by their hashes, and not yet used."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from contract import conversion, stored_json
from contract.bundle_directory import MEND, check_signature, read, read_all
from contract.bundle_errors import BundleDamaged, BundleError, BundleIncompatible
from contract.digest import canonical_json, sha256
from contract.metadata import (
    FORMAT,
    GOLDEN,
    METADATA,
    PICKLED,
    PICKLES,
    PREPROCESSING,
    SCHEMA,
    TREES,
    USED,
    Metadata,
)
from contract.provenance import version_of
from contract.signature import SIGNATURE, SigningKeys
from contract.text import shown

_REQUIRED: dict[int, tuple[str, ...]] = {FORMAT: USED, PICKLED: (SCHEMA, GOLDEN, *PICKLES)}
_LARGE = frozenset({PREPROCESSING, TREES, *PICKLES})

Files = Mapping[str, bytes]

NO_KEYS = SigningKeys()
"""Integrity is checked, origin is not."""


def read_metadata(directory: Path, keys: SigningKeys = NO_KEYS) -> dict[str, Any]:
    """The checked metadata of the bundle in `directory`, whose name is the version.

    Raises BundleMissing, BundleDamaged, BundleIncompatible, or BundleUnsigned where there are
    keys and none of them signed it.
    """
    return _parsed(directory, _document(directory, keys))


def read_files(directory: Path, metadata: Mapping[str, Any]) -> dict[str, bytes]:
    """The bundle's files by name, each with the SHA-256 that the metadata gives.

    Raises BundleDamaged.
    """
    expected: Mapping[str, str] = metadata["files"]
    if lacking := set(_REQUIRED[metadata["format"]]) - set(expected):
        raise BundleDamaged(f"{directory.name} lists no {', '.join(sorted(lacking))}")
    return read_all(directory, expected, _LARGE)


def check(directory: Path, keys: SigningKeys = NO_KEYS) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The metadata and the files of the bundle in `directory`, of which nothing is used yet.

    Of a bundle of pickles they are those of its conversion. Raises BundleError where this process
    must not load it.
    """
    document = _document(directory, keys)
    metadata = _parsed(directory, document)
    files = read_files(directory, metadata)
    if metadata["format"] == PICKLED:
        files |= conversion.read(directory, document, keys)
    return metadata, files


def signature_for(directory: Path, keys: SigningKeys) -> bytes:
    """The content of signature.json for the bundle in `directory`, whoever signed it before.

    The bytes that were checked are the bytes that are signed, whatever happens to the files
    meanwhile. Raises BundleError where the bundle is not whole.
    """
    document = read(directory, METADATA)
    read_files(directory, _parsed(directory, document))
    return keys.sign(document)


def named(directory: Path) -> str | None:
    """The version that the metadata in a directory speak of, of whichever release."""
    try:
        return str(stored_json.read(read(directory, METADATA))["version"])
    except (BundleError, LookupError, TypeError, ValueError):
        return None


def parent(directory: Path) -> str | None:
    """What the metadata in a directory say that it was derived from; None where they say nothing.

    Unchecked, as `named`.
    """
    try:
        found = stored_json.read(read(directory, METADATA))["derived_from"]
    except (BundleError, LookupError, TypeError, ValueError):
        return None
    return found if isinstance(found, str) else None


def born(directory: Path) -> str | None:
    """When a bundle was made, of whichever release; None for what is none, or not only ours.

    It asks for less than `read_metadata`, for also what this release cannot read is a bundle: that
    the metadata bear the directory's name, and that nothing lies beside the files they list.
    """
    try:
        metadata = stored_json.read(read(directory, METADATA))
        known = {*metadata["files"], METADATA, SIGNATURE, f".{SIGNATURE}"}
        with os.scandir(directory) as entries:
            is_ours = metadata["version"] == directory.name and all(
                entry.name in known and entry.is_file(follow_symlinks=False) for entry in entries
            )
        return str(metadata["created_at"]) if is_ours else None
    except (BundleError, OSError, LookupError, TypeError, ValueError):
        return None


def check_members(metadata: Mapping[str, Any]) -> None:
    """Raise ValueError where the metadata are not those of a bundle."""
    try:
        Metadata.model_validate(metadata)
    except ValidationError as error:
        raise ValueError(stored_json.complaint(error)) from error
    if SCHEMA not in metadata["files"]:
        raise ValueError(f"lists no {SCHEMA}")


def _document(directory: Path, keys: SigningKeys) -> bytes:
    document = read(directory, METADATA)
    if keys:
        check_signature(directory, document, keys)
    return document


def _parsed(directory: Path, document: bytes) -> dict[str, Any]:
    name = directory.name
    try:
        metadata = _object(document)
        checksum, found_format = metadata.pop("checksum", None), metadata["format"]
        if found_format not in (FORMAT, PICKLED):
            raise BundleIncompatible(
                f"{name} has bundle format {shown(str(found_format))}, this service reads"
                f" {FORMAT}: train again, or run the release that made it"
            )
        if checksum != sha256(canonical_json(metadata)):
            raise BundleDamaged(f"{name}/{METADATA} was edited or cut: {MEND}")
        check_members(metadata)  # which tells True and 1.0 from the number 1
    except ValueError as error:
        raise BundleDamaged(
            f"{name}/{METADATA} is not a bundle's metadata: {error}; {MEND}"
        ) from error
    version = metadata["version"]
    if version != name or version != version_of(metadata):
        raise BundleDamaged(f"{name} holds what belongs to version {version}: {MEND}")
    return metadata


def _object(document: bytes) -> dict[str, Any]:
    metadata = stored_json.read(document)
    if not isinstance(metadata, dict):
        raise ValueError("is not a JSON object")  # noqa: TRY004 -- of the document, not of a type
    if "format" not in metadata:
        raise ValueError("names no format")
    return metadata
