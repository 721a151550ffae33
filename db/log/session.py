"""The log's session: how it connects, and what holds in it whatever surrounds it.

libpq and the server take settings from the environment (PGOPTIONS, PGTZ, PGCLIENTENCODING, ...),
from the role, the database and the URL. What the log's promise needs is set after connecting, and
read back. What is only a matter of patience is the URL's, if it says so.
"""

import os
import re
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import parse_dsn

# A half-open connection is noticed by the client's kernel within about ten seconds, a server that
# answers slowly gives up by itself; a frozen one only the watchdog notices
# (LogConnection.interrupt).
_DEFAULTS: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    # Of several hosts, or addresses of one, the one that takes rows: after a failover another.
    "target_session_attrs": "read-write",
}

# A server that asks for a password in clear, or for its MD5, gets nothing: it may be anybody's.
# Where we have a password, SCRAM also proves that the server knows it.
_WITH_PASSWORD = "scram-sha-256"  # noqa: S105 -- the method
_WITHOUT = "!password,!md5"

# The rows are UTF-8, their times name UTC, a commit is on disk, and names mean our tables.
_PROMISED = {
    "client_encoding": "UTF8",
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "standard_conforming_strings": "on",
    "search_path": "public, pg_temp",
}
_DURABLE = ("on", "remote_apply")
_PATIENCE = {
    "statement_timeout": "20s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
}

# PGDATA is the server's own.
_LIBPQ = re.compile("PG(?!DATA$)[A-Z][A-Z_]*")

_OPTION = re.compile(r"(?:-c\s*|--)([A-Za-z_][\w.-]*)=((?:\\.|[^\s\\])*)\s*")


def libpq_variables() -> list[str]:
    """The variables of the environment that libpq would read, and the URL is to say instead."""
    return sorted(name for name in os.environ if _LIBPQ.fullmatch(name))


def forget_libpq_variables() -> list[str]:
    """Take them out of the environment; their names.

    PGSSLMODE, PGHOSTADDR or PGSERVICE of a shell or an image would lead elsewhere than the URL.
    """
    found = libpq_variables()
    for name in found:
        del os.environ[name]
    return found


def auth_methods(password: str | None) -> str:
    """Libpq's `require_auth`: how a server may ask, where there is a password and where none."""
    return _WITH_PASSWORD if password else _WITHOUT


class Session:
    """What one URL asks for, and what the log adds to it."""

    def __init__(
        self,
        url: str,
        password: str | None,
        name: str = "prediction-log",
        *,
        reads: bool = False,
    ) -> None:
        """`name` is what the server's operator sees, where the URL says no other.

        `reads`: any server will do, for nothing is written.
        """
        given = parse_dsn(url)
        if password and not given.get("password"):
            given["password"] = password
        methods = auth_methods(given.get("password"))
        asked = _options(given.get("options", ""))
        # What can be set afterwards is: a pooler refuses it at the start. Given as empty, it
        # keeps PGOPTIONS out.
        rest = given.get("options", "") if asked is None else ""
        self.parameters: dict[str, Any] = {
            **_DEFAULTS,
            **({"target_session_attrs": "any"} if reads else {}),
            "application_name": name,
            "require_auth": methods,
            **given,
            "options": rest,
            "client_encoding": "UTF8",
        }
        """What libpq is given."""
        wanted = {name: value for name, value in _PATIENCE.items() if name not in rest}
        wanted |= asked or {}
        ours = {name.lower() for name in (*_PROMISED, "synchronous_commit")}
        self.overruled = sorted(name for name in asked or {} if name.lower() in ours)
        """What the URL sets, and the promise needs otherwise."""
        kept = {name: value for name, value in wanted.items() if name.lower() not in ours}
        self._settings = {**kept, **_PROMISED}

    def settings(self, *, local: bool) -> sql.Composed:
        """The statement that makes the settings: for the session, or for one transaction."""
        scope = sql.Literal(local)
        calls = [
            sql.SQL("set_config({}, {}, {})").format(sql.Literal(name), sql.Literal(value), scope)
            for name, value in self._settings.items()
        ]
        # A stricter promise, of the role say, stays.
        durable = sql.SQL(
            "set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') ="
            " 'remote_apply' THEN 'remote_apply' ELSE 'on' END, {})"
        ).format(scope)
        return sql.SQL("SELECT {}").format(sql.SQL(", ").join([*calls, durable]))

    @staticmethod
    def question() -> sql.Composed:
        """The statement that reads back what was promised; `wrong` judges its row."""
        names = [*_PROMISED, "synchronous_commit"]
        calls = [sql.SQL("current_setting({})").format(sql.Literal(name)) for name in names]
        return sql.SQL("SELECT {}").format(sql.SQL(", ").join(calls))

    @staticmethod
    def wrong(answer: tuple[str, ...]) -> list[str]:
        """The names of the settings that did not stay."""
        *found, durable = answer
        pairs = zip(_PROMISED.items(), found, strict=True)
        names = [name for (name, value), now in pairs if now != value]
        return names if durable in _DURABLE else [*names, "synchronous_commit"]


def _options(text: str) -> dict[str, str] | None:
    """The settings in libpq's `options`; None where there is anything else in them."""
    found: dict[str, str] = {}
    at = len(text) - len(text.lstrip())
    while at < len(text):
        option = _OPTION.match(text, at)
        if option is None:
            return None
        found[option[1].replace("-", "_")] = re.sub(r"\\(.)", r"\1", option[2])
        at = option.end()
    return found
