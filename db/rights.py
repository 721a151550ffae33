"""What everybody may do on a fresh server, and nobody needs here: taken away at every migration."""

from collections.abc import Iterator

from psycopg2 import sql
from sqlalchemy import Connection, text

from db.sql import run_composed

_ROLES = ("mlops_owner", "api", "analyst", "monitor", "retraining")

# Functions that every role may call, and that leave something behind or hold others up: large
# objects and exported snapshots fill the disk, messages the write-ahead log; advisory locks use up
# the table that all locks are in, or stop whoever relies on one.
_HARMFUL = (
    "^(lo_|loread$|lowrite$|pg_advisory_|pg_try_advisory_"
    "|pg_logical_emit_message$|pg_export_snapshot$)"
)
_CALLABLE = text(
    "SELECT oid::regprocedure::text FROM pg_proc"
    " WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ :harmful"
    " AND EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner)))"
    "             WHERE grantee = 0 AND privilege_type = 'EXECUTE')"
    " ORDER BY 1"
)

# Databases that every server has, and that every role may connect to.
_OPEN = text(
    "SELECT datname FROM pg_database"
    " WHERE datname IN ('postgres', 'template1') AND datname <> :ours"
    " AND pg_has_role(datdba, 'USAGE') AND EXISTS ("
    "   SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0)"
)
_OTHERS = text(
    "SELECT rolname FROM pg_roles"
    " WHERE rolcanlogin AND NOT rolsuper AND rolname <> ALL (:ours) ORDER BY 1"
)
# Of a small server a quarter.
_PLACES = text("SELECT least(20, greatest(2, current_setting('max_connections')::int / 4))")
_IS_SUPERUSER = text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")


def limit_readers(connection: Connection, database: str) -> None:
    """Bound what those who read can use up, and forget what they set for themselves.

    What a role may set in a session it may also keep by ALTER ROLE: the timeouts and the
    analyst's read-only default keep accidents out. The walls are its rights, the number of its
    connections, and the size of its temporary files, which only an administrator may change.
    """
    for role in ("analyst", "monitor", "retraining"):
        statements = [
            "ALTER ROLE {role} IN DATABASE {database} RESET ALL",
            "ALTER ROLE {role} RESET ALL",
            f"ALTER ROLE {{role}} CONNECTION LIMIT {connection.execute(_PLACES).scalar_one()}",
            "ALTER ROLE {role} SET statement_timeout = '15min'",
            "ALTER ROLE {role} SET idle_in_transaction_session_timeout = '5min'",
        ]
        if role == "analyst":
            statements.append("ALTER ROLE {role} SET default_transaction_read_only = on")
        if is_superuser(connection):
            statements.append("ALTER ROLE {role} SET temp_file_limit = '2GB'")
        # Sent together they are one transaction: at no moment is there no limit.
        run_composed(
            connection,
            "; ".join(statements),
            role=sql.Identifier(role),
            database=sql.Identifier(database),
        )


def shut_other_databases(connection: Connection, ours: str) -> Iterator[str]:
    """Keep the service's roles out of the server's own databases; yields what was done.

    Roles of others, which use the server as well, may connect as before.
    """
    others = connection.execute(_OTHERS, {"ours": list(_ROLES)}).scalars().all()
    for name in connection.execute(_OPEN, {"ours": ours}).scalars().all():
        for role in others:
            run_composed(
                connection,
                "GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {role}",
                name=sql.Identifier(name),
                role=sql.Identifier(role),
            )
        run_composed(
            connection, "REVOKE ALL ON DATABASE {name} FROM PUBLIC", name=sql.Identifier(name)
        )
        yield f"database {name}: closed to the service's roles"


def take_from_public(connection: Connection) -> Iterator[str]:
    """In the service's database: leave nobody what nobody needs; yields what was done.

    Functions of the server belong to its superuser, so that only such an administrator can.
    """
    run_composed(connection, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    if not is_superuser(connection):
        return
    functions = connection.execute(_CALLABLE, {"harmful": _HARMFUL}).scalars().all()
    if functions:
        names = sql.SQL(", ".join(functions))
        run_composed(connection, "REVOKE EXECUTE ON FUNCTION {names} FROM PUBLIC", names=names)
        # For a parallel pg_dump.
        run_composed(connection, "GRANT EXECUTE ON FUNCTION pg_export_snapshot() TO mlops_owner")
        yield f"functions: {len(functions)} of large objects, locks and the like taken from PUBLIC"


def is_superuser(connection: Connection) -> bool:
    """Whether the administrator is one: it need not be."""
    return bool(connection.execute(_IS_SUPERUSER).scalar_one())
