"""Connections of the database's commands."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2 import errors
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from db.errors import DatabaseError, DatabaseUnreachable, PasswordRefused
from db.session import connect, explain
from db.settings import MigrateSettings

logger = logging.getLogger("db")

# Any constant does, as long as it is ours alone: one command changes the schema at a time.
_ADVISORY_LOCK = 7_033_412_055

# Seconds of waiting after which somebody may wonder.
_PATIENCE = 1.0

_MAY_CHANGE_ROLES = text(
    "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
)

_HOLDERS = text(
    "SELECT concat_ws(' ', 'process ' || pid, 'of ' || usename,"
    "  '(' || nullif(application_name, '') || ')',"
    "  to_char(coalesce(xact_start, backend_start), '\"since\" YYYY-MM-DD HH24:MI:SS TZ'))"
    " FROM pg_stat_activity AS activity,"
    "  (SELECT oid FROM pg_database WHERE datname = current_database()) AS own"
    " WHERE pid <> pg_backend_pid() AND EXISTS ("
    "   SELECT FROM pg_locks WHERE pg_locks.pid = activity.pid AND granted AND locktype = :kind"
    # Those of the server's own catalogue hold nobody up.
    "   AND coalesce(database, own.oid) = own.oid"
    "   AND (relation IS NULL OR relation >= 16384))"
    " ORDER BY coalesce(xact_start, backend_start) LIMIT 3"
)


def admin(settings: MigrateSettings, *, database: str | None = None) -> Engine:
    """As the role that may create roles, each statement in its own transaction."""
    parts = settings.admin if database is None else settings.admin | {"dbname": database}
    return _engine(parts).execution_options(isolation_level="AUTOCOMMIT")


def owner(settings: MigrateSettings) -> Engine:
    """As mlops_owner, in the service's database."""
    return _engine(
        {
            **settings.admin,
            "user": "mlops_owner",
            "password": settings.passwords["mlops_owner"],
            "dbname": settings.database_name,
        }
    )


def wait_for(engine: Engine, seconds: float) -> None:
    """Wait until Postgres answers; raises DatabaseUnreachable after `seconds`.

    Raises it at once, or PasswordRefused, where Postgres answers that it will not let us in: no
    wait changes that. Says what it waits for.
    """
    deadline = time.monotonic() + seconds
    said = None
    while True:
        try:
            with engine.connect():
                return
        except OperationalError as error:
            failure = explain(error.orig)
            if failure.kind == "password":
                raise PasswordRefused(f"cannot connect to Postgres: {failure.reason}") from error
            if failure.kind == "for good" or time.monotonic() >= deadline:
                raise DatabaseUnreachable(
                    f"cannot connect to Postgres: {failure.reason}"
                ) from error
            if failure.reason != said and time.monotonic() > deadline - seconds + _PATIENCE:
                said = failure.reason
                logger.warning("waiting for Postgres, up to %g s: %s", seconds, said)
        time.sleep(0.2)


def lock(connection: Connection, seconds: float) -> None:
    """Be the only one who changes the schema, until the connection ends.

    Raises DatabaseError, naming the holder, after `seconds`.
    """
    if not connection.execute(_MAY_CHANGE_ROLES).scalar_one():
        # It will be refused what it came for, in the server's own words.
        return
    key = {"key": _ADVISORY_LOCK}
    if connection.execute(text("SELECT pg_try_advisory_lock(:key)"), key).scalar_one():
        return
    holder = _holders(connection, "advisory")
    logger.warning("waiting for another migration, up to %g s: %s", seconds, holder)
    _limit_waits(connection, seconds)
    try:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), key)
    except OperationalError as error:
        if not isinstance(error.orig, errors.LockNotAvailable):
            raise
        raise DatabaseError(
            "another session holds the migrations' lock, and did not let go of it within"
            f" {seconds:g} s: {_holders(connection, 'advisory')}. Wait for it, or end it with"
            " pg_terminate_backend, and run this again"
        ) from error


@contextmanager
def patience(
    connection: Connection, what: str, seconds: float, kind: str = "relation"
) -> Iterator[None]:
    """Wait at most `seconds` for each lock from here on; raises DatabaseError, naming `what`.

    Whoever waits for a lock on the log keeps all inserts waiting behind it. `kind` of lock is what
    the holder has, as pg_locks names it.
    """
    _limit_waits(connection, seconds)
    connection.commit()
    try:
        yield
    except (errors.LockNotAvailable, OperationalError) as error:
        if not isinstance(getattr(error, "orig", error), errors.LockNotAvailable):
            raise
        connection.rollback()
        raise DatabaseError(
            f"{what} is in use by a transaction that did not end within {seconds:g} s: look for it"
            f" in pg_stat_activity ({_holders(connection, kind)}), let it end, and run this"
            " again; it goes on where this ended"
        ) from error


def _limit_waits(connection: Connection, seconds: float) -> None:
    # 0 would be to wait for ever.
    wait = f"{max(1, round(seconds * 1000))}ms"
    connection.execute(text("SELECT set_config('lock_timeout', :wait, false)"), {"wait": wait})


def _holders(connection: Connection, kind: str) -> str:
    """Who else holds locks of that kind in this database, as far as the role may know."""
    found = connection.execute(_HOLDERS, {"kind": kind}).scalars().all()
    return "; ".join(found) or "nobody any more"


def _engine(parts: dict[str, str]) -> Engine:
    return create_engine(
        "postgresql+psycopg2://", creator=lambda: connect(parts), poolclass=NullPool
    )
