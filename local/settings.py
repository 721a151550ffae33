"""Port and passwords of the local database: made at the first start, and kept."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError
from local.port import free_port

_ROLES = ("postgres", "mlops_owner", "api", "analyst")
# Of roles that an earlier release did not have, its file has no password.
_LATER = ("monitor", "retraining")


@dataclass(frozen=True)
class LocalSettings:
    """The database's port, and the password of each role; an earlier release knew fewer roles."""

    port: int
    passwords: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> "LocalSettings":
        """What an earlier start kept; raises LocalError."""
        try:
            content = json.loads(path.read_text())
            known = (*_ROLES, *(role for role in _LATER if role in content))
            passwords = {role: str(content[role]) for role in known}
            return cls(_port(content["port"]), passwords)
        except FileNotFoundError as error:
            raise LocalError("there is no local database yet: make local") from error
        except PermissionError as error:
            raise LocalError(f"{path} belongs to somebody else: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise LocalError(
                f"{path} is damaged, which holds the passwords of the local database: restore or"
                " remove it; without it the next start sets others, and the rows stay"
            ) from error

    @classmethod
    def read_or_make(cls, path: Path) -> "LocalSettings":
        """The same, made at the first start, and completed if need be; raises LocalError."""
        kept = cls.read(path) if path.exists() else cls(free_port(), {})
        missing = {role: secrets.token_urlsafe(16) for role in (*_ROLES, *_LATER)}
        if kept.passwords.keys() != missing.keys():
            cls(kept.port, missing | kept.passwords).write(path)
        return cls.read(path)

    def write(self, path: Path) -> None:
        """Whole or not at all, and never open to others."""
        content = json.dumps({**self.passwords, "port": str(self.port)})
        made = path.with_name(f".{path.name}")
        made.unlink(missing_ok=True)
        made.touch(mode=0o600, exist_ok=False)
        made.write_text(content)
        made.replace(path)


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise ValueError("the port is none")
    return port
