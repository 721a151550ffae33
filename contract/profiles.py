"""Profiles of bundles that have none of their own: made later, from the same data, by the trainer.

They lie beside the bundles, in `.profiles/<version>/`: the bundle itself stays as it was published
and signed.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from contract import stored_json
from contract.bundle_directory import check_signature
from contract.bundle_directory import read as read_file
from contract.bundle_errors import BundleDamaged, BundleMissing
from contract.digest import Sha256, canonical_json, sha256
from contract.metadata import METADATA
from contract.profile import PROFILE, Profile
from contract.signature import SigningKeys
from contract.text import Name

DIRECTORY = ".profiles"
RECORD = "record.json"
_FORMAT: Literal[1] = 1
_AGAIN = "make it again with `trainer profile`"


class _Record(BaseModel):
    """record.json; `metadata_sha256` binds the profile to the very bundle that it is of."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    format: Literal[1]
    version: Name
    metadata_sha256: Sha256
    profile_sha256: Sha256


def encode(version: str, metadata: bytes, profile: Profile) -> dict[str, bytes]:
    """The files of a profile, its record among them; `metadata`: the document of the bundle."""
    document = profile.to_json()
    record = _Record(
        format=_FORMAT,
        version=version,
        metadata_sha256=sha256(metadata),
        profile_sha256=sha256(document),
    )
    return {PROFILE: document, RECORD: canonical_json(record.model_dump())}


def read(directory: Path, keys: SigningKeys) -> bytes | None:
    """The profile that was made for the bundle in `directory`; None where there is none.

    Raises BundleError where it is damaged, of another bundle, or signed by none of the keys.
    """
    place = path_of(directory)
    try:
        document = read_file(place, RECORD)
    except BundleMissing:
        return None
    if keys:
        check_signature(place, document, keys)
    try:
        record = stored_json.parsed(_Record, document)
        profile = read_file(place, PROFILE)
        Profile.from_json(profile)
    except ValueError as error:
        raise BundleDamaged(f"the profile of {directory.name} {error}: {_AGAIN}") from error
    metadata = read_file(directory, METADATA)
    if (record.profile_sha256, record.metadata_sha256) != (sha256(profile), sha256(metadata)):
        raise BundleDamaged(
            f"the profile beside {directory.name} was not made of this bundle: {_AGAIN}"
        )
    return profile


def path_of(directory: Path) -> Path:
    """Where the profile of the bundle in `directory` is, there or not."""
    return directory.parent / DIRECTORY / directory.name
