"""The SQL files, as a database administrator reads them."""

from pathlib import Path
from typing import Any

from alembic import op
from psycopg2 import sql
from sqlalchemy import Connection

_HERE = Path(__file__).parent


def run_migration(name: str) -> None:
    """Run a file of migrations/ in the current migration."""
    run_script(op.get_bind(), (_HERE / "migrations" / name).read_text(encoding="utf-8"))


def run_script(connection: Connection, script: str) -> None:
    """Run several statements at once, as they stand in a file."""
    # Straight to the driver: a colon or a per cent sign in a file is just that.
    with driver_cursor(connection) as cursor:
        cursor.execute(script)


def view_files() -> list[Path]:
    """The views, in the order in which they are made."""
    return sorted((_HERE / "views").glob("*.sql"))


def query_files() -> list[Path]:
    """The queries that are ready to use."""
    return sorted((_HERE / "queries").glob("*.sql"))


def run_composed(connection: Connection, statement: str, **parts: sql.Composable) -> None:
    """Run a statement made of names and literals that psycopg2 quotes."""
    with driver_cursor(connection) as cursor:
        cursor.execute(sql.SQL(statement).format(**parts))


def driver_cursor(connection: Connection) -> Any:
    """A cursor of psycopg2's own, of the connection's transaction."""
    driver = connection.connection.driver_connection
    assert driver is not None
    return driver.cursor()
