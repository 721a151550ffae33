"""Who made a bundle: HMAC-SHA256 (RFC 2104) over its metadata.json.

The metadata hold the SHA-256 of every other file, so one signature speaks for all of the bundle.
It is a file of its own: signing changes neither the version nor what was published.
"""

import hashlib
import hmac
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings

from contract import stored_json
from contract.digest import Sha256, canonical_json
from contract.secret import SecretError, read_words
from contract.text import Line

SIGNATURE = "signature.json"
_ALGORITHM: Literal["HMAC-SHA256"] = "HMAC-SHA256"
_LEAST = 32


class _Document(BaseModel):
    """What signature.json holds."""

    model_config = ConfigDict(strict=True, extra="forbid")

    algorithm: Literal["HMAC-SHA256"]
    key_id: Line
    signature: Sha256


class SigningKeys:
    """The keys that sign: the first one signs, each of them is accepted; none: nothing is asked.

    Several, so that keys can rotate: put the new one in front, and take the old one away when the
    bundles that it signed are gone or signed anew.
    """

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._keys = [key.encode() for key in keys]

    @classmethod
    def read(cls, text: SecretStr | None, file: Path | None) -> "SigningKeys":
        """From BUNDLE_SIGNING_KEY or BUNDLE_SIGNING_KEY_FILE; raises SecretError."""
        keys = read_words("BUNDLE_SIGNING_KEY", text, file)
        for number, key in enumerate(keys, 1):
            if len(key) < _LEAST:
                raise SecretError(
                    f"key {number} of BUNDLE_SIGNING_KEY has {len(key)} characters, and at least"
                    f" {_LEAST} are wanted: make one with `openssl rand -hex 32`"
                )
        return cls(keys)

    def __bool__(self) -> bool:
        """Whether a signature is asked for."""
        return bool(self._keys)

    def sign(self, metadata: bytes) -> bytes:
        """The content of signature.json for the bytes of metadata.json; there must be a key."""
        key = self._keys[0]
        return canonical_json(
            {"algorithm": _ALGORITHM, "key_id": _id(key), "signature": _mac(key, metadata)}
        )

    def accept(self, metadata: bytes, signature: bytes) -> bool:
        """Whether one of the keys made this signature of these bytes."""
        try:
            claimed = _Document.model_validate(stored_json.read(signature)).signature.encode()
        except ValueError:
            return False
        # All of them, each in constant time: the time tells nothing of a key.
        fitting = [hmac.compare_digest(_mac(key, metadata).encode(), claimed) for key in self._keys]
        return any(fitting)


class SigningSettings(BaseSettings):
    """The keys, as trainer and api are given them."""

    bundle_signing_key: SecretStr | None = Field(
        None,
        description="Keys of at least 32 characters, separated by commas: the first signs what the"
        " trainer publishes, and only what one of them signed is used; unset: nothing is signed,"
        " and the origin of a model is not checked",
    )
    bundle_signing_key_file: Path | None = Field(
        None, description="File with the same, in place of BUNDLE_SIGNING_KEY; # begins a comment"
    )

    def signing_keys(self) -> SigningKeys:
        """The keys as the variable or the file holds them now; raises SecretError."""
        return SigningKeys.read(self.bundle_signing_key, self.bundle_signing_key_file)


def _mac(key: bytes, metadata: bytes) -> str:
    return hmac.new(key, metadata, hashlib.sha256).hexdigest()


def _id(key: bytes) -> str:
    """Tells keys apart for people; nothing trusts it."""
    return hashlib.sha256(b"key id" + key).hexdigest()[:8]
