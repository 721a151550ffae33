"""The environment of what is started: what is documented comes in, and nothing else does.

Python, libpq, matplotlib and OpenTelemetry take settings from variables that a shell may hold for
another purpose; conda exports some by itself, HOST among them.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from local.dotenv import read_dotenv
from local.errors import LocalError

CHECKOUT = Path(__file__).resolve().parents[1]

# What says who and where one is, and how the world outside is reached.
_SYSTEM = (
    *("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TERM", "NO_COLOR"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
)
# Those of the database in Docker: the local one has passwords of its own.
_NOT_FOR_US = {
    *("POSTGRES_PASSWORD", "MLOPS_OWNER_PASSWORD", "API_DB_PASSWORD", "ANALYST_DB_PASSWORD"),
    *("MONITOR_DB_PASSWORD", "RETRAINING_DB_PASSWORD"),
}


def settings(shell: Mapping[str, str], directory: Path) -> dict[str, str]:
    """What is set of the documented settings; the shell goes before .env, as in compose.

    Raises LocalError.
    """
    return {
        name: value
        for name, value in (read_dotenv(directory / ".env", shell) | dict(shell)).items()
        if name in documented()
    }


def of_python(shell: Mapping[str, str], root: Path) -> dict[str, str]:
    """What a Python process of ours gets beside its settings."""
    return _system(shell) | {
        "PYTHONPATH": str(CHECKOUT),
        # Neither the directory that it was called in, nor what was installed for the user.
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
        # Files and terminals are UTF-8, whatever the locale.
        "PYTHONUTF8": "1",
        "MPLCONFIGDIR": str(root / "matplotlib"),
        "HOST": "127.0.0.1",
        "LOG_FORMAT": "console",
    }


def of_psql(shell: Mapping[str, str], password: str) -> dict[str, str]:
    """The shell's, for a person sits before it; but it connects to our database in our way."""
    own = {name: value for name, value in shell.items() if not name.startswith(("PG", "LD_"))}
    return own | {"PGPASSWORD": password}


def of_server() -> dict[str, str]:
    """What PostgreSQL itself gets."""
    return {"PATH": os.defpath, "LC_ALL": "C"}


def documented() -> frozenset[str]:
    """Names of the settings, which .env.example lists; raises LocalError."""
    try:
        example = (CHECKOUT / ".env.example").read_text("utf-8")
    except OSError as error:
        raise LocalError(
            f"{CHECKOUT / '.env.example'} cannot be read ({error.strerror}), which lists the"
            " settings: git checkout .env.example"
        ) from error
    return frozenset(re.findall(r"^# ([A-Z][A-Z0-9_]*)=", example, re.MULTILINE)) - _NOT_FOR_US


def _system(shell: Mapping[str, str]) -> dict[str, str]:
    return {name: shell[name] for name in _SYSTEM if name in shell}
