"""Signatures by which a receiver knows that a message is ours: Standard Webhooks 1.0."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from contract.secret import SecretError, read_words

_SETTING = "ALERT_WEBHOOK_SECRET"
_PREFIX = "whsec_"
_LEAST, _MOST = 24, 64


@dataclass(frozen=True, slots=True)
class Secrets:
    """What messages are signed with: each of them, so that a receiver may change over."""

    keys: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"Secrets({len(self.keys)})"

    @classmethod
    def read(cls, text: SecretStr | None, file: Path | None) -> "Secrets":
        """From ALERT_WEBHOOK_SECRET or the file that ALERT_WEBHOOK_SECRET_FILE names.

        Raises SecretError, which quotes nothing of it, also where there is none.
        """
        words = read_words(_SETTING, text, file)
        if not words:
            raise SecretError(
                f"ALERT_WEBHOOK_URL is set without {_SETTING}, and an unsigned message may be"
                ' anybody\'s: make one with `echo "whsec_$(openssl rand -base64 32)"`'
            )
        return cls(tuple(_key(number, word) for number, word in enumerate(words, 1)))

    def headers(self, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
        """The headers of a message that is sent at a time, in seconds since 1970."""
        signed = b".".join([message_id.encode(), str(timestamp).encode(), body])
        digests = (hmac.digest(key, signed, hashlib.sha256) for key in self.keys)
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(
                f"v1,{base64.b64encode(digest).decode()}" for digest in digests
            ),
        }


def _key(number: int, word: str) -> bytes:
    try:
        key = base64.b64decode(word.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not word.startswith(_PREFIX) or not _LEAST <= len(key) <= _MOST:
        raise SecretError(
            f"entry {number} of {_SETTING} is not {_PREFIX} and the base64 of {_LEAST} to {_MOST}"
            f' bytes: make one with `echo "{_PREFIX}$(openssl rand -base64 32)"`'
        )
    return key
