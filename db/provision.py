"""Roles and database: what only an administrator may make."""

from collections.abc import Iterator

from psycopg2 import sql
from psycopg2.extensions import encrypt_password
from sqlalchemy import Connection, Engine, text

from db.connection import admin, patience
from db.rights import limit_readers, shut_other_databases, take_from_public
from db.settings import MigrateSettings
from db.sql import run_composed

_PURPOSE = {
    "mlops_owner": "Owns the schema of the prediction service and migrates it",
    "api": "Writes the prediction log; reads nothing of it",
    "analyst": "Reads the prediction log; changes nothing",
    "monitor": "Counts the prediction log by hour and day; changes nothing of it",
    "retraining": "Reads the prediction log; adds records about retraining",
}


def provision(engine: Engine, settings: MigrateSettings, lock_seconds: float = 20) -> Iterator[str]:
    """Make what is missing, set the passwords and the limits; yields what was done.

    Raises DatabaseError where somebody holds a role for longer than `lock_seconds`: any role can,
    in a transaction that alters itself.
    """
    name = settings.database_name
    with (
        engine.connect() as connection,
        patience(connection, "a role or database", lock_seconds, "transactionid"),
    ):
        yield from _roles(connection, settings)
        yield from _database(connection, name)
        limit_readers(connection, name)
        yield from shut_other_databases(connection, name)
    with (
        admin(settings, database=name).connect() as connection,
        patience(connection, "a function", lock_seconds, "transactionid"),
    ):
        yield from take_from_public(connection)


def _roles(connection: Connection, settings: MigrateSettings) -> Iterator[str]:
    passwords = settings.passwords
    for role, purpose in _PURPOSE.items():
        if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = :name", role):
            _run(connection, "CREATE ROLE {role} LOGIN", role=role)
            yield f"role {role}: created"
        if role in passwords:
            # Every time, so that a changed password in the settings is the password.
            set_password(connection, role, passwords[role])
        _run(connection, "COMMENT ON ROLE {role} IS {text}", role=role, text=purpose)


def _database(connection: Connection, name: str) -> Iterator[str]:
    if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = :name", name):
        # The administrator need not be a superuser, but must be able to act as the owner.
        _run(connection, "GRANT mlops_owner TO CURRENT_USER")
        _run(connection, "CREATE DATABASE {role} OWNER mlops_owner", role=name)
        yield f"database {name}: created"
    _run(connection, "REVOKE ALL ON DATABASE {role} FROM PUBLIC", role=name)
    _run(connection, "GRANT CONNECT, TEMPORARY ON DATABASE {role} TO api", role=name)
    _run(connection, "GRANT CONNECT ON DATABASE {role} TO analyst, monitor, retraining", role=name)
    # The log lies on disk in the order of its key, and disks seek fast: at the default of 4
    # the planner reads a whole month to answer for its last day (docs/decisions/0005).
    _run(connection, "ALTER DATABASE {role} SET random_page_cost = 1.1", role=name)


def set_password(connection: Connection, role: str, password: str) -> None:
    """Change the password of a role."""
    # Hashed here, so that no statement, and with it no server's log, holds the password.
    driver = connection.connection.driver_connection
    verifier = encrypt_password(password, role, driver, "scram-sha-256")
    _run(connection, "ALTER ROLE {role} PASSWORD {verifier}", role=role, verifier=verifier)


def _exists(connection: Connection, query: str, name: str) -> bool:
    return connection.execute(text(query), {"name": name}).first() is not None


def _run(connection: Connection, statement: str, *, role: str = "", **literals: str) -> None:
    """Run a statement in which {role} is a name and everything else a literal."""
    run_composed(
        connection,
        statement,
        role=sql.Identifier(role),
        **{key: sql.Literal(value) for key, value in literals.items()},
    )
