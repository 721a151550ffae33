"""What only a person can end: Postgres answers and refuses, and what to do about it.

An outage ends by itself and is bridged; a wrong configuration is not an outage.
"""

import re

import psycopg2

from db.log.reasons import attempts

_MIGRATE = "run `python -m db migrate` of this release against this database"
_WORD = (
    "give DATABASE_PASSWORD (or its file, or DATABASE_URL) the password that the migrator gave the"
    " role (API_DB_PASSWORD)"
)
_ROLE = f"correct the role in DATABASE_URL, or {_MIGRATE}: it makes the role `api`"
_METHOD = (
    "have the server ask for scram-sha-256 (pg_hba.conf, password_encryption), or say in"
    " DATABASE_URL what may be used: ?require_auth=md5, password or none"
)
_PARAMETER = (
    "take it out of DATABASE_URL and the environment (PGOPTIONS, PGGEQO, PGTZ, PGDATESTYLE), or"
    " have the pooler let it pass (ignore_startup_parameters)"
)
_LOCAL = "correct DATABASE_URL, or the variable of libpq (PGSERVICE, PGSSLMODE, ...) that says so"

# At the connection's start psycopg2 tells no SQLSTATE, only words: those of libpq, of Postgres and
# of PgBouncer. What is not among them, a translated server's too, counts as an outage.
_WORDS = (
    (re.compile(r"authentication method requirement"), _METHOD),
    (re.compile(r"(password|SASL) authentication failed|no password supplied"), _WORD),
    (re.compile(r"FATAL:.*role \".*\" (does not exist|is not permitted to log in)"), _ROLE),
    (re.compile(r"no such user"), _ROLE),
    (
        re.compile(r"FATAL:.*database \".*\" (does not exist|is not currently accepting)"),
        f"correct the database in DATABASE_URL, or {_MIGRATE}: it makes the database",
    ),
    (re.compile(r"no such database"), "correct the database in DATABASE_URL, or the pooler's list"),
    (re.compile(r"permission denied for database"), _MIGRATE),
    (re.compile(r"pg_hba\.conf"), "let this host and role in, in the server's pg_hba.conf"),
    (re.compile(r"(unsupported|unrecognized) (startup|configuration) parameter"), _PARAMETER),
    (re.compile(r"FATAL:.*(invalid value for parameter|invalid command-line)"), _PARAMETER),
    (re.compile(r"server does not support SSL|certificate|SSL error"), _LOCAL),
    (re.compile(r"definition of service|service file|^invalid |invalid .* value"), _LOCAL),
)

# Of a statement: the schema is another one, or the role may not.
_CODES = {
    "42501": f"{_MIGRATE}: it grants the role `api` what it needs",
    "42P01": _MIGRATE,
    "42883": _MIGRATE,
    "42703": _MIGRATE,
    "42704": _MIGRATE,
    "42804": _MIGRATE,
    "3F000": _MIGRATE,
    "0A000": "see the reason; a pooler has to work by transaction or by session",
    "08P01": "see the reason; a pooler has to work by transaction or by session",
}


def remedy(error: psycopg2.Error) -> str | None:
    """What a person has to do; None where waiting may be enough."""
    if error.pgcode is not None:
        return _CODES.get(error.pgcode)
    # Of several hosts each has a line; as long as one may come back, it is an outage.
    found = [_of(line) for line in attempts(error)]
    return found[0] if found and all(found) else None


def _of(line: str) -> str | None:
    return next((text for words, text in _WORDS if words.search(line)), None)
