"""One file of a bundle's directory, or the signature of a document in it."""

import os
from collections.abc import Mapping
from pathlib import Path

from contract import plain_file
from contract.bundle_errors import BundleDamaged, BundleError, BundleMissing, BundleUnsigned
from contract.digest import sha256
from contract.plain_file import NotPlain
from contract.signature import SIGNATURE, SigningKeys

# No bundle comes near these; without them a file that was swapped could fill the memory.
MAX_DOCUMENT = 2**20
MAX_FILE = 2**22
MAX_BYTES = 2**28

# Training again makes the same version, and what stands there is never overwritten.
MEND = "restore it, or remove the directory and train again"


def read(directory: Path, name: str, limit: int = MAX_DOCUMENT) -> bytes:
    """The content of a file of at most `limit` bytes.

    Raises BundleMissing where there is no such directory, or BundleError.
    """
    if directory.is_symlink():
        raise BundleDamaged(f"{directory.name} is a symbolic link, which is not followed: {MEND}")
    try:
        return plain_file.read(directory / name, limit)
    except FileNotFoundError as error:
        if not directory.is_dir():
            raise BundleMissing(f"there is no bundle {directory.name}") from error
        raise BundleDamaged(f"{directory.name} lacks {name}: {MEND}") from error
    except NotPlain as error:
        raise BundleDamaged(f"{directory.name}/{name} {error.strerror}: {MEND}") from error
    except OSError as error:
        raise BundleError(f"cannot read {directory / name}: {error.strerror}") from error


def read_all(
    directory: Path, expected: Mapping[str, str], large: frozenset[str]
) -> dict[str, bytes]:
    """The files by name, each with the SHA-256 that is `expected` of it; raises BundleError.

    `large`: those that may take what is left of the bytes that a bundle may have.
    """
    files: dict[str, bytes] = {}
    left = MAX_BYTES
    for name, digest in expected.items():
        limit = left if name in large else min(left, MAX_FILE)
        content = files[name] = read(directory, name, limit)
        left -= len(content)
        if sha256(content) != digest:
            raise BundleDamaged(
                f"{directory.name}/{name} is not the file that was published (its SHA-256"
                f" differs): {MEND}"
            )
    return files


def check_signature(directory: Path, document: bytes, keys: SigningKeys) -> None:
    """Raise BundleUnsigned where none of the keys signed the document."""
    if not os.path.lexists(directory / SIGNATURE):
        raise BundleUnsigned(
            f"{directory.name} is not signed: train it again with BUNDLE_SIGNING_KEY set (remove"
            " its directory first), or `sign` it if you know where it comes from"
        )
    if not keys.accept(document, read(directory, SIGNATURE)):
        raise BundleUnsigned(
            f"{directory.name} is signed by none of the keys in BUNDLE_SIGNING_KEY, or was changed"
            " since: add its key, or remove its directory and train again"
        )
