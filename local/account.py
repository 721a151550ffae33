"""Whom PostgreSQL runs as: oneself, or an account without rights where that is root."""

import os
import pwd
from dataclasses import dataclass
from typing import Any

# The first that the machine has; initdb wants a user with a name. `nobody` comes last, for it is
# not one user: whatever has no rights of its own runs as it, sandboxes and web servers too.
_NAMES = ("postgres", "games", "nobody")


@dataclass(frozen=True)
class Account:
    """A user of the machine."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of_server(cls) -> "Account":
        """The one that the server runs as, which refuses to run as root."""
        if os.geteuid() != 0:
            return cls(name_of(os.geteuid()), os.geteuid(), os.getegid())
        for name in _NAMES:
            if entry := _entry(name):
                return cls(name, entry.pw_uid, entry.pw_gid)
        return cls(_NAMES[-1], 65534, 65534)

    @property
    def is_other(self) -> bool:
        """Whether it is somebody else than who runs this."""
        return self.uid != os.geteuid()

    @property
    def process(self) -> dict[str, Any]:
        """What makes a subprocess run as it."""
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def former_uids() -> frozenset[int]:
    """Whom the server may have run as before: in an earlier release, or on another machine."""
    return frozenset(entry.pw_uid for name in _NAMES if (entry := _entry(name)))


def name_of(uid: int) -> str:
    """Name of a user, or the number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None
