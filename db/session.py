"""A session of the database's commands: what the URL says, and nothing that is around says."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 -- psycopg2 spells a class so

from db.errors import UnusableURL
from db.log.session import auth_methods

# What the URL may say otherwise.
_DEFAULTS = {
    "connect_timeout": "5",
    "application_name": "migrate",
    "keepalives_idle": "30",
    # Of several hosts the one that can be written to.
    "target_session_attrs": "read-write",
}
# What has to hold for what the commands do, whatever the role, the database or a pooler set. By
# statements, for poolers refuse it at the start of a session.
_PROMISED = {
    "client_encoding": "UTF8",
    "search_path": "public",
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "default_transaction_read_only": "off",
    "standard_conforming_strings": "on",
}
# The same, unless the URL's options say otherwise.
_PATIENCE = {
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "default_tablespace": "",
    "default_table_access_method": "heap",
}

# What libpq and the server say where another attempt may succeed, and where none will.
_PASSING = ("the database system is", "too many", "remaining connection slots", "read-only")
_LASTING = (
    "FATAL:",
    "authentication method requirement",
    "does not support SSL",
    "root certificate",
    "certificate verify failed",
    "server certificate for",
    "no password supplied",
    "invalid ",
)

_ENVIRONMENT = threading.Lock()


@dataclass(frozen=True)
class Failure:
    """Why a connection could not be made, and whether to try again."""

    reason: str
    kind: Literal["for now", "for good", "password"]


def connect(parts: dict[str, str]) -> Connection:
    """Connect by these parameters, as libpq names them.

    Raises psycopg2.OperationalError, or UnusableURL where they contradict what has to hold.
    """
    settings = _settings(parts)
    methods = auth_methods(parts.get("password"))
    given: dict[str, Any] = {**_DEFAULTS, "require_auth": methods, **parts}
    if "," not in given.get("host", "") + given.get("hostaddr", ""):
        # A single one is what it is, and its own words are clearer than libpq's.
        given["target_session_attrs"] = parts.get("target_session_attrs", "any")
    with _without_environment():
        connection: Connection = psycopg2.connect(**given)
    with connection.cursor() as cursor:
        # In one statement: what a role's own settings let through once is enough.
        each = ", ".join(["set_config(%s, %s, false)"] * len(settings))
        cursor.execute(f"SELECT {each}", [part for item in settings.items() for part in item])
    connection.commit()
    return connection


def _settings(parts: dict[str, str]) -> dict[str, str]:
    options = parts.get("options", "").lower()
    asked = [name for name in _PROMISED if name.lower() in options]
    if parts.get("client_encoding", "UTF8").upper() not in ("UTF8", "UTF-8"):
        asked.append("client_encoding")
    if asked:
        raise UnusableURL(
            f"DATABASE_ADMIN_URL sets {', '.join(asked)}, which has to be as the migrations need"
            " it: leave that out"
        )
    return _PROMISED | {name: value for name, value in _PATIENCE.items() if name not in options}


def explain(error: BaseException | None) -> Failure:
    """The failure of a connection, in one line."""
    lines = [line.strip() for line in str(error).strip().splitlines()]
    # One for each host that was tried; what follows is advice.
    tried = [line for line in lines if line.startswith("connection to ")] or lines[:1]
    reason = "; ".join(tried)
    if any("password authentication failed" in line for line in tried):
        return Failure(reason, "password")
    lasting = [
        any(mark in line for mark in _LASTING) and not any(mark in line for mark in _PASSING)
        for line in tried
    ]
    return Failure(reason, "for good" if lasting and all(lasting) else "for now")


@contextmanager
def _without_environment() -> Iterator[None]:
    """While libpq looks for what it was not told, there is nothing to find.

    Explicit parameters do not suffice: a service that PGSERVICE names would fill the rest.
    """
    with _ENVIRONMENT:
        taken = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("PG")}
        try:
            yield
        finally:
            os.environ.update(taken)
