"""Keys of callers: random, handed out once, and kept as hashes.

A key is 256 random bits, so its plain SHA-256 tells nothing of it; the slow hashes are for
passwords, which people choose.
"""

import hashlib
import hmac
import re
import secrets
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from contract.secret import SecretError, read_words

_ENTRY = re.compile(r"([A-Za-z0-9._-]{1,64}):([0-9a-fA-F]{64})")


@dataclass(frozen=True, slots=True)
class Keys:
    """The hashes of the accepted keys, with the name of each; no entries: no key is wanted."""

    entries: tuple[tuple[str, bytes], ...]

    @classmethod
    def read(cls, setting: str, text: SecretStr | None, file: Path | None, maker: str) -> "Keys":
        """From `setting` or the file that `setting`_FILE names: NAME:HASH, NAME:HASH, ...

        `maker` is the command that makes an entry. Raises SecretError, which quotes nothing of
        what it read.
        """
        words = read_words(setting, text, file)
        return cls(tuple(_entry(setting, at, word, maker) for at, word in enumerate(words, 1)))

    def __bool__(self) -> bool:
        """Whether a key is wanted."""
        return bool(self.entries)

    def name_of(self, sent: Iterable[bytes]) -> str | None:
        """Name of the one of these keys that is accepted; None where none is.

        Every entry is compared, each in constant time, so that the time tells neither how much of
        a key was right nor whose it is.
        """
        found = None
        for key in sent:
            digest = hashlib.sha256(key).digest()
            for name, expected in self.entries:
                if hmac.compare_digest(digest, expected):
                    found = name
        return found


def make(arguments: list[str], command: str) -> int:
    """The command line that makes a key; its exit status.

    The key goes to standard error, for the caller alone, and its entry NAME:HASH to standard
    output.
    """
    if len(arguments) != 1 or not _ENTRY.fullmatch(f"{arguments[0]}:{'0' * 64}"):
        sys.stderr.write(f"{command} NAME, of 1 to 64 letters, digits, '.', '_', '-'\n")
        return 2
    (name,), key = arguments, secrets.token_urlsafe(32)
    sys.stderr.write(f"the key of {name}, shown this once: {key}\n")
    sys.stdout.write(f"{name}:{hashlib.sha256(key.encode()).hexdigest()}\n")
    return 0


def _entry(setting: str, number: int, word: str, maker: str) -> tuple[str, bytes]:
    match = _ENTRY.fullmatch(word)
    if match is None:
        raise SecretError(
            f"entry {number} of {setting} is not NAME:HASH, with the SHA-256 of the key in"
            f" hexadecimal: make one with `{maker}`"
        )
    digest = bytes.fromhex(match[2])
    if digest == hashlib.sha256(b"").digest():
        raise SecretError(
            f"entry {number} of {setting} is the hash of nothing, as of a key that was not set"
            f" where it was made: make one with `{maker}`"
        )
    return match[1], digest
