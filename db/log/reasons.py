"""What an error of Postgres says, without what a caller sent."""

import re

import psycopg2
from psycopg2 import errorcodes

from db.log.form import Form

_MOST_LINES = 3

# Whose message names columns, tables, types, functions, and nothing else.
_OF_NAMES = {"42501", "42703", "42704", "42804", "42883", "42P01"}

_READ_ONLY = "25006"
# How libpq ends its word of a host that takes no rows (Session: target_session_attrs).
_NOT_WRITABLE = ("session is read-only", "server is in hot standby mode")

# Of COPY's context only the column, and only if it is one: behind it stands the value.
_COPIED_COLUMN = re.compile(r"^COPY [^\n]*?, line \d+, column ([^:\n]+)", re.MULTILINE)


def reason(error: psycopg2.Error, form: Form | None = None) -> str:
    """One line for the log, /health and quarantine.

    The server's messages quote values, so that of an error with an SQLSTATE only its name and
    the names of tables, columns and constraints are told.
    """
    if is_read_only(error):
        return f"Postgres is read-only, as a standby is: nothing can be written ({_READ_ONLY})"
    if error.pgcode is None:
        return _of_connection(error)
    diag = error.diag
    if error.pgcode in _OF_NAMES:
        return f"{error.pgcode}: {diag.message_primary}"
    parts = [f"{error.pgcode} {_name(error.pgcode)}"]
    if diag.constraint_name:
        parts.append(f"constraint {diag.constraint_name}")
    if diag.table_name:
        parts.append(f"table {diag.table_name}")
    if column := diag.column_name or _copied_column(diag.context, form):
        parts.append(f"column {column}")
    return ", ".join(parts)


def is_read_only(error: psycopg2.Error) -> bool:
    """Whether Postgres can be read, and not written to: on purpose, or as a standby."""
    if error.pgcode is not None:
        return error.pgcode == _READ_ONLY
    found = attempts(error)
    return bool(found) and all(line.endswith(_NOT_WRITABLE) for line in found)


def _of_connection(error: psycopg2.Error) -> str:
    if isinstance(error, psycopg2.ProgrammingError):
        return "connection: DATABASE_URL cannot be used"  # libpq would quote it
    return f"connection: {'; '.join(attempts(error)[:_MOST_LINES]) or type(error).__name__}"


def attempts(error: psycopg2.Error) -> list[str]:
    """What libpq says of each host that it tried, a line each, without explanations."""
    further = ("\t", "DETAIL:", "HINT:", "CONTEXT:")
    return [line for line in str(error).splitlines() if line and not line.startswith(further)]


def _name(code: str) -> str:
    try:
        return errorcodes.lookup(code).lower()
    except KeyError:
        return "error"


def _copied_column(context: str | None, form: Form | None) -> str | None:
    found = _COPIED_COLUMN.search(context or "")
    names = {name for name, _ in form.columns} if form else set()
    return found[1] if found and found[1] in names else None
