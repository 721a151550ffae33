"""The callers of a stream, and the keys that the service knows them by."""

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from contract.secret import SecretError, read_words
from contract.text import shown
from replay.errors import ReplayError
from replay.service import authorization

_ENTRY = re.compile(r"([^=\s]{1,200})=([!-~]+)")


def keys_from(text: SecretStr | None, file: Path | None) -> dict[str, str]:
    """Of REPLAY_KEYS or REPLAY_KEYS_FILE, NAME=KEY, ...: the key of each client; {}: none is set.

    Raises ReplayError, which quotes nothing of what it read.
    """
    try:
        words = read_words("REPLAY_KEYS", text, file)
    except SecretError as error:
        raise ReplayError(str(error)) from error
    keys: dict[str, str] = {}
    for number, word in enumerate(words, 1):
        match = _ENTRY.fullmatch(word)
        if match is None:
            raise ReplayError(f"entry {number} of REPLAY_KEYS is not NAME=KEY")
        if match[1] in keys:
            raise ReplayError(f"entry {number} of REPLAY_KEYS names a client again")
        keys[match[1]] = match[2]
    return keys


class Clients:
    """The clients of a stream, numbered in the order in which it names them.

    Where there are keys each client needs one of its name; where there are none all are one
    caller, and so one client.
    """

    def __init__(self, keys: Mapping[str, str], names: list[str] | None = None) -> None:
        self._keys = keys
        self.names: list[str] = names or []
        self._places = {name: place for place, name in enumerate(self.names)}

    def place(self, name: str) -> int | None:
        """The client's number; None where it has no key."""
        if not self._keys:
            name = ""
        elif not name and len(self._keys) == 1:
            (name,) = self._keys
        elif name not in self._keys:
            return None
        if name not in self._places:
            self._places[name] = len(self.names)
            self.names.append(name)
        return self._places[name]

    def headers(self, place: int) -> dict[str, str]:
        """What tells the service who calls; raises ReplayError where a resumed run lacks a key."""
        if not (name := self.names[place]):
            return authorization(None)
        if name not in self._keys:
            raise ReplayError(
                f"REPLAY_KEYS has no key of {shown(name)}: say it as at the beginning"
            )
        return authorization(self._keys[name])
