"""Runs 0011_load_outcomes.sql."""

from db.sql import run_migration

revision = "0011"
down_revision: str | None = "0010"


def upgrade() -> None:
    """Forward only: a log is not taken back."""
    run_migration("0011_load_outcomes.sql")
