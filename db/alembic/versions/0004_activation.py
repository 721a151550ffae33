"""Runs 0004_activation.sql."""

from db.sql import run_migration

revision = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    """Forward only: a log is not taken back."""
    run_migration("0004_activation.sql")
