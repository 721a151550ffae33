"""Runs 0012_outcome_columns.sql."""

from db.sql import run_migration

revision = "0012"
down_revision: str | None = "0011"


def upgrade() -> None:
    """Forward only: a log is not taken back."""
    run_migration("0012_outcome_columns.sql")
