"""Runs 0009_incidents.sql."""

from db.sql import run_migration

revision = "0009"
down_revision: str | None = "0008"


def upgrade() -> None:
    """Forward only: a log is not taken back."""
    run_migration("0009_incidents.sql")
