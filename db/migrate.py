"""`python -m db migrate`: brings the database up to date, and does nothing twice."""

from collections.abc import Iterator
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection, text

from contract import datasets
from contract.schema import DataSetSchema
from db.administrator import let_in
from db.connection import admin, lock, owner, patience
from db.errors import DatabaseError, UnsafeSettings
from db.feature_views import feature_views
from db.features import add_columns, validate_checks
from db.outcome_window import declare_window
from db.provision import provision
from db.settings import MigrateSettings
from db.sql import run_composed, run_script, view_files


def migrate(settings: MigrateSettings, *, lock_seconds: int = 20) -> Iterator[str]:
    """Do what is to be done, step by step; yields what was done.

    Raises DatabaseError, also where somebody holds the log or a view for longer than
    `lock_seconds`; the step that failed left nothing behind.
    """
    if settings.default_passwords and settings.environment == "production":
        raise UnsafeSettings(
            f"{', '.join(settings.default_passwords)}: the default password, and ENVIRONMENT is"
            " production: set others, see .env.example"
        )
    declaration = datasets.declared(settings.dataset)
    yield from let_in(settings)
    administrator = admin(settings)
    with administrator.connect() as guard:
        # Held in the administrator's database: the service's own may not be there yet.
        lock(guard, settings.database_wait_seconds)
        yield from provision(administrator, settings, lock_seconds)
        with owner(settings).connect() as connection, patience(connection, "the log", lock_seconds):
            yield from upgrade(connection)
            yield from derive(connection, declaration.schema)
            yield from declare_window(connection, declaration)
            yield from _make_partitions(connection, settings.partition_months_ahead)


def upgrade(connection: Connection, revision: str = "head") -> Iterator[str]:
    """Run the migrations that are missing, each in its own transaction."""
    before = MigrationContext.configure(connection).get_current_revision()
    config = Config()
    # A percent sign begins a reference to another option.
    place = str(Path(__file__).parent / "alembic").replace("%", "%%")
    config.set_main_option("script_location", place)
    config.attributes["connection"] = connection
    connection.rollback()
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise DatabaseError(
            f"the database is at schema {before}, which this release does not know: a newer one"
            " migrated it; use that one"
        ) from error
    connection.commit()
    after = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    if after != before:
        yield f"schema: from {before or 'nothing'} to {after}"


def derive(connection: Connection, schema: DataSetSchema) -> Iterator[str]:
    """What the declaration says: columns, and the views, which are made anew every time."""
    with connection.begin():
        steps = list(add_columns(connection, schema))
    # Said when it is done, not before.
    yield from steps
    with connection.begin():
        validate_checks(connection)
    with connection.begin():
        run_script(
            connection,
            "DROP SCHEMA IF EXISTS monitoring CASCADE; CREATE SCHEMA monitoring;"
            " COMMENT ON SCHEMA monitoring IS 'Views over the prediction log, made anew at every"
            " migration: put nothing of your own here'",
        )
        for file in view_files():
            run_script(connection, file.read_text(encoding="utf-8"))
        run_composed(connection, "{views}", views=feature_views(schema))
        run_script(
            connection,
            "GRANT USAGE ON SCHEMA monitoring TO analyst, monitor, retraining;"
            " GRANT SELECT ON ALL TABLES IN SCHEMA monitoring TO analyst, monitor, retraining;"
            " REVOKE ALL ON ALL FUNCTIONS IN SCHEMA monitoring FROM PUBLIC;"
            " GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA monitoring TO analyst, monitor, retraining",
        )


def _make_partitions(connection: Connection, months: int) -> Iterator[str]:
    known = text("SELECT count(*) FROM pg_inherits WHERE inhparent = 'prediction_log'::regclass")
    make = text(
        "SELECT ensure_prediction_log_partition(now() + make_interval(months => month))"
        " FROM generate_series(0, :months) AS month"
    )
    with connection.begin():
        before = connection.execute(known).scalar_one()
        names = connection.execute(make, {"months": months}).scalars().all()
        made = connection.execute(known).scalar_one() - before
    if made:
        yield f"partitions: {made} made, up to {names[-1]}"
