"""API keys: who may ask for predictions.

A key is 256 random bits, so its plain SHA-256 tells nothing of it; the slow hashes are for
passwords, which people choose.
"""

import hashlib
import hmac
import re
from pathlib import Path

from pydantic import SecretStr

from api.http.headers import Headers
from api.http.problem_types import UNAUTHORIZED
from api.http.problems import Problem
from api.settings import StartError
from contract.secret import SecretError, read_words

ENTRY = re.compile(r"([A-Za-z0-9._-]{1,64}):([0-9a-fA-F]{64})")
_BEARER = re.compile(rb"bearer[ ]+([!-~]+)", re.IGNORECASE)


class ApiKeys:
    """The hashes of the accepted keys, with the name of each; no entries: no key is wanted."""

    def __init__(self, entries: list[tuple[str, bytes]]) -> None:
        self._entries = entries

    @classmethod
    def read(cls, text: SecretStr | None, file: Path | None) -> "ApiKeys":
        """From API_KEYS or API_KEYS_FILE: NAME:HASH, NAME:HASH, ...

        Raises StartError, which quotes nothing of what it read.
        """
        try:
            words = read_words("API_KEYS", text, file)
        except SecretError as error:
            raise StartError(str(error)) from error
        return cls([_entry(number, word) for number, word in enumerate(words, 1)])

    def __bool__(self) -> bool:
        """Whether a key is wanted."""
        return bool(self._entries)

    def caller(self, headers: Headers) -> str | None:
        """Name of the key that was sent, None where none is wanted.

        A key may come in either header, beside what a gateway puts into the other: one that is
        accepted lets in. Raises Problem. Every entry is compared, each in constant time, so that
        the time tells neither how much of a key was right nor whose it is.
        """
        if not self._entries:
            return None
        bearer = _BEARER.fullmatch(headers.get(b"authorization", b""))
        sent = [key for key in (headers.get(b"x-api-key"), bearer and bearer[1]) if key]
        found = None
        for key in sent:
            digest = hashlib.sha256(key).digest()
            for name, expected in self._entries:
                if hmac.compare_digest(digest, expected):
                    found = name
        if found is None:
            raise _unauthorized(known=bool(sent))
        return found


def _entry(number: int, word: str) -> tuple[str, bytes]:
    match = ENTRY.fullmatch(word)
    if match is None:
        raise StartError(
            f"entry {number} of API_KEYS is not NAME:HASH, with the SHA-256 of the key in"
            " hexadecimal: make one with `python -m api.keys NAME`"
        )
    digest = bytes.fromhex(match[2])
    if digest == hashlib.sha256(b"").digest():
        raise StartError(
            f"entry {number} of API_KEYS is the hash of nothing, as of a key that was not set where"
            " it was made: make one with `python -m api.keys NAME`"
        )
    return match[1], digest


def _unauthorized(*, known: bool) -> Problem:
    # RFC 6750, section 3: the error code only where a token was sent.
    error = ', error="invalid_token"' if known else ""
    return Problem(
        UNAUTHORIZED,
        "the key is not accepted" if known else "no key was sent",
        headers={"WWW-Authenticate": f'Bearer realm="predictions"{error}'},
        rules=[("header:Authorization", UNAUTHORIZED.name)],
    )
