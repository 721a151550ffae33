"""Runs 0014_retraining.sql."""

from db.sql import run_migration

revision = "0014"
down_revision: str | None = "0013"


def upgrade() -> None:
    """Forward only: a log is not taken back."""
    run_migration("0014_retraining.sql")
