"""API keys: who may ask for predictions."""

import re
from pathlib import Path

from pydantic import SecretStr

from api.http.headers import Headers
from api.http.problem_types import UNAUTHORIZED
from api.http.problems import Problem
from api.settings import StartError
from contract.keys import Keys
from contract.secret import SecretError

_BEARER = re.compile(rb"bearer[ ]+([!-~]+)", re.IGNORECASE)


class ApiKeys:
    """The accepted keys; none: no key is wanted."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    @classmethod
    def read(cls, text: SecretStr | None, file: Path | None) -> "ApiKeys":
        """From API_KEYS or API_KEYS_FILE: NAME:HASH, NAME:HASH, ...

        Raises StartError, which quotes nothing of what it read.
        """
        try:
            return cls(Keys.read("API_KEYS", text, file, "python -m api.keys NAME"))
        except SecretError as error:
            raise StartError(str(error)) from error

    def __bool__(self) -> bool:
        """Whether a key is wanted."""
        return bool(self._keys)

    def caller(self, headers: Headers) -> str | None:
        """Name of the key that was sent, None where none is wanted.

        A key may come in either header, beside what a gateway puts into the other: one that is
        accepted lets in. Raises Problem.
        """
        if not self._keys:
            return None
        bearer = _BEARER.fullmatch(headers.get(b"authorization", b""))
        sent = [key for key in (headers.get(b"x-api-key"), bearer and bearer[1]) if key]
        found = self._keys.name_of(sent)
        if found is None:
            raise _unauthorized(known=bool(sent))
        return found


def _unauthorized(*, known: bool) -> Problem:
    # RFC 6750, section 3: the error code only where a token was sent.
    error = ', error="invalid_token"' if known else ""
    return Problem(
        UNAUTHORIZED,
        "the key is not accepted" if known else "no key was sent",
        headers={"WWW-Authenticate": f'Bearer realm="predictions"{error}'},
        rules=[("header:Authorization", UNAUTHORIZED.name)],
    )
