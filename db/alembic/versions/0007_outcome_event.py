"""Runs 0007_outcome_event.sql."""

from db.sql import run_migration

revision = "0007"
down_revision: str | None = "0006"


def upgrade() -> None:
    """Forward only: a log is not taken back."""
    run_migration("0007_outcome_event.sql")
