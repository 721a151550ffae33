"""Profiles of bundles that have none of their own."""

from pathlib import Path

from contract.beside import Beside
from contract.bundle_directory import MAX_DOCUMENT
from contract.profile import PROFILE, Profile
from contract.signature import SigningKeys

BESIDE = Beside("profile", ".profiles", PROFILE, "profile_sha256", MAX_DOCUMENT)


def read(directory: Path, keys: SigningKeys) -> bytes | None:
    """The profile that was made for the bundle in `directory`; None where there is none.

    Raises BundleError where it is damaged, of another bundle, or signed by none of the keys.
    """
    document = BESIDE.read(directory, keys)
    if document is not None:
        try:
            Profile.from_json(document)
        except ValueError as error:
            raise BESIDE.damaged(directory, error) from error
    return document
