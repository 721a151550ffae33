"""Runs 0008_rollup.sql."""

from db.sql import run_migration

revision = "0008"
down_revision: str | None = "0007"


def upgrade() -> None:
    """Forward only: a log is not taken back."""
    run_migration("0008_rollup.sql")
