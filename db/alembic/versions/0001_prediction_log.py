"""Runs 0001_prediction_log.sql."""

from db.sql import run_migration

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Forward only: a log is not taken back."""
    run_migration("0001_prediction_log.sql")
