"""Connections of the database's commands."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2 import errors
from sqlalchemy import URL, Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from db.errors import DatabaseError, DatabaseUnreachable
from db.settings import MigrateSettings

# Any constant does, as long as it is ours alone: one command changes the schema at a time.
_ADVISORY_LOCK = 7_033_412_055


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
    """Wait until Postgres answers; raises DatabaseUnreachable after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with engine.connect():
                return
        except OperationalError as error:
            if time.monotonic() >= deadline:
                reason = str(error.orig).strip().splitlines()[0]
                raise DatabaseUnreachable(f"cannot connect to Postgres: {reason}") from error
        time.sleep(0.2)


def lock(connection: Connection) -> None:
    """Be the only one who changes the schema, until the connection ends."""
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})


@contextmanager
def patience(connection: Connection, what: str, seconds: int) -> Iterator[None]:
    """Wait at most `seconds` for each lock from here on; raises DatabaseError, naming `what`.

    Whoever waits for a lock on the log keeps all inserts waiting behind it.
    """
    connection.execute(
        text("SELECT set_config('lock_timeout', :wait, false)"), {"wait": f"{seconds}s"}
    )
    connection.commit()
    try:
        yield
    except (errors.LockNotAvailable, OperationalError) as error:
        if not isinstance(getattr(error, "orig", error), errors.LockNotAvailable):
            raise
        raise DatabaseError(
            f"{what} is in use by a transaction that did not end within {seconds} s: look for it"
            " in pg_stat_activity, let it end, and run this again; it goes on where this ended"
        ) from error


def _engine(parts: dict[str, str]) -> Engine:
    known = {"user", "password", "host", "port", "dbname"}
    url = URL.create(
        "postgresql+psycopg2",
        username=parts.get("user"),
        password=parts.get("password"),
        host=parts.get("host"),
        port=int(parts["port"]) if "port" in parts else None,
        database=parts.get("dbname"),
        query={key: value for key, value in parts.items() if key not in known},
    )
    arguments = {"connect_timeout": 5, "application_name": "migrate"}
    return create_engine(url, poolclass=NullPool, connect_args=arguments)
