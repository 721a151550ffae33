"""Runs 0013_retraining.sql."""

from db.sql import run_migration

revision = "0013"
down_revision: str | None = "0011"


def upgrade() -> None:
    """Forward only: a log is not taken back."""
    run_migration("0013_retraining.sql")
