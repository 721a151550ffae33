"""How the log connects: what the URL leaves open."""

from typing import Any

from psycopg2.extensions import parse_dsn

# A half-open connection is noticed by the client's kernel within about ten seconds, a server that
# answers slowly gives up by itself; a frozen one only the watchdog notices (PostgresLog.interrupt).
_DEFAULTS: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "prediction-log",
}

# A server that asks for a password in clear, or for its MD5, gets nothing: it may be anybody's.
# Where we have a password, SCRAM also proves that the server knows it.
_WITH_PASSWORD = "scram-sha-256"  # noqa: S105 -- the method
_WITHOUT = "!password,!md5"

_OPTIONS = (
    "-c synchronous_commit=on -c statement_timeout=20s -c lock_timeout=5s"
    " -c idle_in_transaction_session_timeout=30s -c TimeZone=UTC -c DateStyle=ISO"
)


def parameters(url: str, password: str | None) -> dict[str, Any]:
    """What libpq is given; raises psycopg2.ProgrammingError where the URL is none."""
    given = parse_dsn(url)
    if password and not given.get("password"):
        given["password"] = password
    methods = _WITH_PASSWORD if given.get("password") else _WITHOUT
    return {**_DEFAULTS, "require_auth": methods, "options": _OPTIONS, **given}
