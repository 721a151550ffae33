"""A file that a bundle does not have, made later of the same data by the trainer.

It lies beside the bundles, in `.<what>/<version>/`: the bundle itself stays as it was published and
signed.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from contract.bundle_directory import check_signature
from contract.bundle_directory import read as read_file
from contract.bundle_errors import BundleDamaged, BundleMissing
from contract.digest import canonical_json, sha256
from contract.metadata import METADATA
from contract.signature import SigningKeys

RECORD = "record.json"
_FORMAT: Literal[1] = 1
_AGAIN = "make it again with `trainer profile`"


@dataclass(frozen=True, slots=True)
class Beside:
    """What is made later: in words, its directory, its file, and what holds its digest."""

    what: str
    directory: str
    file: str
    digest: str
    limit: int

    def encode(self, version: str, metadata: bytes, content: bytes) -> dict[str, bytes]:
        """The file and its record, which binds it to the bundle whose metadata document is given.

        What is signed is the record.
        """
        return {self.file: content, RECORD: self._record(version, metadata, content)}

    def read(self, directory: Path, keys: SigningKeys) -> bytes | None:
        """What was made for the bundle in `directory`; None where nothing was.

        Raises BundleError where it is damaged, of another bundle, or signed by none of the keys.
        """
        place = self.path_of(directory)
        try:
            record = read_file(place, RECORD)
        except BundleMissing:
            return None
        if keys:
            check_signature(place, record, keys)
        content = read_file(place, self.file, self.limit)
        # Written in one spelling only, so that there is nothing in it to parse.
        if record != self._record(directory.name, read_file(directory, METADATA), content):
            raise BundleDamaged(
                f"the {self.what} beside {directory.name} was changed, or was not made of this"
                f" bundle: {_AGAIN}"
            )
        return content

    def damaged(self, directory: Path, error: ValueError) -> BundleDamaged:
        """What to raise where the content that `read` gave cannot be used."""
        return BundleDamaged(f"the {self.what} beside {directory.name} {error}: {_AGAIN}")

    def path_of(self, directory: Path) -> Path:
        """Where it is for the bundle in `directory`, there or not."""
        return directory.parent / self.directory / directory.name

    def _record(self, version: str, metadata: bytes, content: bytes) -> bytes:
        record = {
            "format": _FORMAT,
            "version": version,
            "metadata_sha256": sha256(metadata),
            self.digest: sha256(content),
        }
        return canonical_json(record)
